package reports

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"adferry/jobs"
)

func TestBarLines(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	eta := (15*time.Minute + 10*time.Second).Seconds()
	ahead := jobs.Outlook{At: now, EtaS: &eta, RowsPerS: 41.2}
	show := func(totals jobs.Totals, o jobs.Outlook) view {
		return view{jobs.Summary{State: jobs.JobRunning, Totals: totals, Outlook: o}, Place{Folder: "j"}, true, false}
	}
	totals := jobs.Totals{Rows: 50000, Done: 12237, Skipped: 96, Failed: 12, Pending: 37655}
	going := show(totals, ahead)
	parks := []jobs.Wait{{Account: "1234", Until: now.Add(4*time.Minute + 12*time.Second), Reason: "too many calls", Imposed: true}, {Account: "99", Until: now.Add(5 * time.Minute), Reason: "its score is used up"}}
	some, all, own, offline := ahead, ahead, ahead, jobs.Outlook{At: now, RowsPerS: 41.2}
	some.Waits = parks
	all.Waits, all.Standstill = parks, &parks[0]
	own.Waits, own.Standstill = parks[1:], &parks[1]
	since := now.Add(-40 * time.Second)
	offline.NetworkDownSince, offline.Waits = &since, []jobs.Wait{{Until: now, Reason: "no connection to the API"}}
	paused := show(totals, jobs.Outlook{At: now, RowsPerS: 41.2, Waits: parks})
	paused.PausedAt = &since
	checking := show(totals, jobs.Outlook{At: now})
	checking.Place = Place{}
	stopping := show(totals, all)
	stopping.Ends = true
	ended := show(jobs.Totals{Rows: 3, Done: 2, Failed: 1}, jobs.Outlook{})
	ended.State = jobs.JobFinished
	for _, test := range []struct {
		name  string
		view  view
		width int
		want  []string
	}{
		{"not read yet", view{}, 80, []string{"reading the job"}},
		{"not begun", show(jobs.Totals{Rows: 10, Pending: 10}, jobs.Outlook{At: now}), 80, []string{
			"░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0%  0 of 10 rows",
			"done 0   failed 0",
		}},
		{"over", ended, 80, []string{
			"████████████████████████████████ 100%  3 of 3 rows",
			"done 2   failed 1",
		}},
		{"on its way", going, 90, []string{
			"██████░░░░░░░░░░░░░░░░░░░░░░  24%  12,345 of 50,000 rows  41.2 rows/s  about 15m 10s left",
			"done 12,237   skipped 96   failed 12",
		}},
		{"some wait", show(totals, some), 90, []string{
			"██████░░░░░░░░░░░░░░░░░░░░░░  24%  12,345 of 50,000 rows  41.2 rows/s  about 15m 10s left",
			"done 12,237   skipped 96   failed 12",
			"2 ad accounts wait, act_1234 until 09:04:12 for Meta's limit",
		}},
		{"all wait", show(totals, all), 60, []string{
			"███████░░░░░░░░░░░░░░░░░░░░░░░░  24%  12,345 of 50,000 rows",
			"done 12,237   skipped 96   failed 12",
			"waits until 09:04:12 for Meta's limit on act_1234 (1 more ad",
			"account waits); then about 11m 0s",
		}},
		{"all wait for what the API did not ask", show(totals, own), 80, []string{
			"",
			"done 12,237   skipped 96   failed 12",
			"waits until 09:05:00 for act_99: its score is used up; then about 10m 10s",
		}},
		{"no network", show(totals, offline), 80, []string{
			"",
			"done 12,237   skipped 96   failed 12",
			"the API has been unreachable since 08:59:20; trying again: no connection to the",
			"API",
		}},
		{"paused", paused, 80, []string{
			"",
			"done 12,237   skipped 96   failed 12",
			"paused since 08:59:20; go on with adferry unpause j",
		}},
		{"a check of a plan", checking, 80, []string{
			"",
			"to do 12,237   to skip 96   would fail 12",
		}},
		{"about to stop", stopping, 80, []string{
			"",
			"done 12,237   skipped 96   failed 12",
		}},
		{"too narrow for the rate", going, 65, []string{
			"███░░░░░░░░░░░░░  24%  12,345 of 50,000 rows  about 15m 10s left",
			"done 12,237   skipped 96   failed 12",
		}},
		{"narrow", going, 30, []string{
			"██░░░░░░░░  24%  12,345 of 50,",
			"done 12,237   skipped 96   fai",
		}},
		{"no width at all", going, 0, []string{"█", "d"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := barLines(test.view, now, test.width)
			if test.want[0] == "" { // the bar is as in other cases
				lines[0] = ""
			}
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
