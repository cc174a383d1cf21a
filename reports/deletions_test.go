package reports

import (
	"testing"

	"adferry/plan"
)

func TestAccountsByDeletions(t *testing.T) {
	deletions := map[plan.Account]int{"11": 1, "22": 9, "33": 5, "44": 5, "55": 2, "66": 1, "77": 1}
	from, named := accountsByDeletions(deletions)
	if got, want := from+named, "7 ad accounts: act_22 (9), act_33 (5), act_44 (5), act_55 (2), act_11 (1), 2 more"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
