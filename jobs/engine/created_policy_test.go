package engine

import (
	"testing"
	"time"

	"adferry/jobs"
)

func TestMakerOf(t *testing.T) {
	t.Parallel()
	started := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	last := started.Add(10 * time.Minute) // the last of several writes
	for _, test := range []struct {
		name   string
		absent bool
		since  time.Duration // after the first write; 0: not told
		want   creator
	}{
		{"absent before, and no age told", true, 0, creatorJob},
		{"nothing known of before, and no age told", false, 0, creatorUnknown},
		{"made by the first write", true, time.Second, creatorJob},
		{"made by the last write", false, 10*time.Minute + time.Second, creatorJob},
		{"made by the last write, later", true, 11 * time.Minute, creatorJob},
		{"made before", false, -time.Minute, creatorOther},
		{"made before, and not seen", true, -time.Minute, creatorOther},
		{"made when no write could take effect any more", true, time.Hour, creatorOther},
		{"within what whole seconds lose", false, -time.Second, creatorJob},
	} {
		t.Run(test.name, func(t *testing.T) {
			var since time.Time
			if test.since != 0 {
				since = started.Add(test.since)
			}
			if got := creatorOf(jobs.Outcome{Started: started, LastSent: last}, test.absent, since); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
