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
			"2 accounts wait, the first, 1234, goes on in 4m 12s: code 17",
		}},
		{"paused", paused, 60, []string{
			"███████░░░░░░░░░░░░░░░░░░░░░░░░  24%  12,345 of 50,000  0/s",
			"done 12,237   skipped 96   failed 12",
			"paused: nothing is sent until it is unpaused",
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
