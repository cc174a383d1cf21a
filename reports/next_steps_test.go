package reports

import (
	"strings"
	"testing"
	"time"

	"adferry/jobs"
)

func TestSteps(t *testing.T) {
	exit := func(code int) *int { return &code }
	for _, test := range []struct {
		name    string
		summary jobs.Summary
		outcome string
		steps   []string
	}{
		{"running", jobs.Summary{State: jobs.JobRunning, Totals: jobs.Totals{Rows: 9, Done: 4, Failed: 1, Pending: 4}},
			"Running: 5 of 9 rows ended (1 failed), 4 left.",
			[]string{"adferry status d --watch: the job is running; this shows how far it is"}},
		{"paused", jobs.Summary{State: jobs.JobPaused, PausedAt: new(time.Time), Totals: jobs.Totals{Rows: 9, Done: 4, Pending: 5}},
			"Paused: 4 of 9 rows ended, 5 left.",
			[]string{"adferry unpause d: the job is paused, and its process waits"}},
		{"stopped while paused", jobs.Summary{State: jobs.JobStopped, PausedAt: new(time.Time), ExitCode: exit(3), Totals: jobs.Totals{Rows: 9, Done: 4, Pending: 5}},
			"Stopped early: 4 of 9 rows ended, 5 left.",
			[]string{"adferry unpause d: the job is paused: nothing is sent until then",
				"adferry resume d: goes on with the 5 rows that are left"}},
		{"stopped", jobs.Summary{State: jobs.JobStopped, ExitCode: exit(3), Stop: "interrupted", Totals: jobs.Totals{Rows: 3, Done: 1, Unknown: 1, Pending: 1}},
			"Stopped early: 1 of 3 rows ended, 2 left. Why: interrupted.",
			[]string{"adferry resume d: goes on with the 2 rows that are left"}},
		{"refused", jobs.Summary{State: jobs.JobStopped, ExitCode: exit(4), Stop: "the API refused\nthe token.", Totals: jobs.Totals{Rows: 1, Pending: 1}},
			"Not started: 1 row to do. Why: the API refused the token.",
			[]string{"adferry resume d: goes on with the 1 row that is left; renew the token or the app's access first"}},
		{"stopped before a row was settled", jobs.Summary{State: jobs.JobStopped, ExitCode: exit(3), Stop: "interrupted", Totals: jobs.Totals{Rows: 600, Pending: 600}, API: jobs.APICounts{HTTPRequests: 3, Calls: 30}},
			"Stopped early: 0 of 600 rows ended, 600 left. Why: interrupted.",
			[]string{"adferry resume d: goes on with the 600 rows that are left"}},
		{"guarded", jobs.Summary{State: jobs.JobStopped, ExitCode: exit(5), Totals: jobs.Totals{Rows: 4, Failed: 3, Pending: 1}},
			"Stopped early: 3 of 4 rows ended (3 failed), 1 left.",
			[]string{"adferry resume d: goes on with the 1 row that is left; check first why the guard stopped it",
				"adferry retry d: fix the cause, then this tries the 3 failed rows again"}},
		{"failed altogether", jobs.Summary{State: jobs.JobFinished, ExitCode: exit(1), Totals: jobs.Totals{Rows: 1, Failed: 1}},
			"Finished: 0 of 1 row ended as wanted, and 1 failed.",
			[]string{"adferry retry d: fix the cause, then this tries the 1 failed row again"}},
		{"finished", jobs.Summary{State: jobs.JobFinished, ExitCode: exit(0), Totals: jobs.Totals{Rows: 2, Done: 1, Skipped: 1}},
			"Finished: 2 rows ended as wanted.",
			nil},
		{"nothing to do", jobs.Summary{State: jobs.JobFinished, Totals: jobs.Totals{Rows: 2, Skipped: 2}},
			"Finished: nothing to do for 2 rows.",
			nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := outcome(test.summary); got != test.outcome {
				t.Errorf("got %q, want %q", got, test.outcome)
			}
			var got []string
			for _, s := range steps(test.summary, Place{Folder: "d"}) {
				got = append(got, s.Command+": "+s.Why)
			}
			if got, want := strings.Join(got, "\n"), strings.Join(test.steps, "\n"); got != want {
				t.Errorf("got steps\n%s\nwant\n%s", got, want)
			}
		})
	}
}
