package reports_test

import (
	"testing"
	"time"

	"adferry/plan"
	"adferry/reports"
)

// A throttled check of a plan says how long it takes after the wait.
func TestWaitingNotice(t *testing.T) {
	until := time.Date(2020, 3, 4, 5, 6, 7, 0, time.Local)
	for _, test := range []struct {
		account, after, want string
	}{
		{"22", "", "act_22 waits until 4 Mar 05:06: too many calls"},
		{"", "", "the app waits until 4 Mar 05:06: too many calls"},
		{"22", reports.CheckTakes(2*time.Second, 2*time.Second), "act_22 waits until 4 Mar 05:06; the check then takes about 2s: too many calls"},
		{"22", reports.CheckTakes(0, 3*time.Hour), "act_22 waits until 4 Mar 05:06; the check then takes about 1s to 3h 0m: too many calls"},
	} {
		if got := reports.Waiting(plan.Account(test.account), until, "too many calls", test.after); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
