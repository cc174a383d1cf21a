package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

func TestBarLines(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	going := view{Total: 50000, Settled: 12345, Failed: 12, Skipped: 96, Rate: 41.2, Left: 15*time.Minute + 10*time.Second}
	waiting := going
	waiting.Parked, waiting.Next, waiting.wait = 2, "1234", wait{now.Add(4*time.Minute + 12*time.Second), "code 17/2446079"}
	paused := waiting
	paused.Paused, paused.Rate, paused.Left = true, 0, -1
	for _, test := range []struct {
		name  string
		view  view
		width int
		want  []string
	}{
		{"not begun", view{Total: 10, Left: -1}, 80, []string{
			"░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0%  0 of 10  0/s",
			"done 0   failed 0",
		}},
		{"nothing to do", view{}, 80, []string{
			"████████████████████████████████ 100%  0 of 0",
			"done 0   failed 0",
		}},
		{"on its way", going, 80, []string{
			"███████░░░░░░░░░░░░░░░░░░░░░░░░░  24%  12,345 of 50,000  41.2/s  15m 10s left",
			"done 12,237   skipped 96   failed 12",
		}},
		{"waiting", waiting, 60, []string{
			"███░░░░░░░░░░░  24%  12,345 of 50,000  41.2/s  15m 10s left",
			"done 12,237   skipped 96   failed 12",
			"2 ad accounts wait; the first, act_1234, goes on in 4m 12s: ",
		}},
		{"paused", paused, 60, []string{
			"███████░░░░░░░░░░░░░░░░░░░░░░░░  24%  12,345 of 50,000  0/s",
			"done 12,237   skipped 96   failed 12",
			"paused; go on with adferry unpause",
		}},
		{"narrow", going, 30, []string{
			"██░░░░░░░░  24%  12,345 of 50,",
			"done 12,237   skipped 96   fai",
		}},
		{"no width at all", going, 0, []string{"█", "d"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := barLines(test.view, now, test.width)
			if got, want := ansi.Strip(strings.Join(lines, "\n")), strings.Join(test.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// A note that is wider than the terminal is broken before it is drawn: the frame below
// it would be out of place otherwise.
func TestNotesFit(t *testing.T) {
	m := barModel{width: 60}
	notes := m.wrap([]string{"stopping: requests in flight may end; interrupt again to stop now", "short", strings.Repeat("x", 130)})
	for line := range strings.Lines(notes) {
		if n := ansi.StringWidth(strings.TrimRight(line, "\n")); n > m.width {
			t.Errorf("a line of %d columns on a terminal of %d: %q", n, m.width, line)
		}
	}
	if words := strings.Join(strings.Fields(notes), ""); len(words) != len("stopping:requestsinflightmayend;interruptagaintostopnowshort")+130 {
		t.Errorf("something is missing:\n%s", notes)
	}
}
