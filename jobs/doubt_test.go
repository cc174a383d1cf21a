package jobs_test

import (
	"testing"
	"time"

	"adferry/jobs"
)

// A process that may be going on may have sent a write later than one that has ended.
func TestDoubtOver(t *testing.T) {
	t.Parallel()
	sent := time.Unix(1_000_000, 0)
	for _, tt := range []struct {
		name  string
		ended time.Time
		want  time.Duration
	}{
		{"ended at once", sent, time.Minute},
		{"ended before its request was given up", sent.Add(30 * time.Second), 90 * time.Second},
		{"ended long after", sent.Add(time.Hour), 150 * time.Second},
		{"it may be going on", time.Time{}, jobs.LongestDoubt},
	} {
		if got := jobs.DoubtOver(sent, tt.ended).Sub(sent); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if jobs.LongestDoubt != 170*time.Second {
		t.Errorf("a write can be in doubt for %s: docs/database.md says three minutes at most", jobs.LongestDoubt)
	}
}
