package cleanup_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/plan"
)

func TestCheckLimit(t *testing.T) {
	percent := func(p float64) jobs.Limit { return jobs.Limit{Percent: p, Set: true} }
	number := func(n int) jobs.Limit { return jobs.Limit{Count: n, Set: true} }
	for _, tt := range []struct {
		accounts string // images, deletions of each; ! if not listed
		limit    jobs.Limit
		want     string // the error; empty if within the limit
	}{
		{"10,2 5,1", percent(20), ""},
		{"10,2 5,2", percent(20), "the cleanup would delete 2 of the 5 images of act_2, but --max-delete allows 20% of each ad account"},
		{"10,3 5,0 5,2", percent(20), "the cleanup would delete 3 of the 10 images of act_1, but --max-delete allows 20% of each ad account; the limit is exceeded in 1 other ad account, too"},
		{"1,1 1,1 1,1", percent(99.5), "the cleanup would delete 1 of the 1 image of act_1, but --max-delete allows 99.5% of each ad account; the limit is exceeded in 2 other ad accounts, too"},
		{"1,1 1,1", percent(100), ""},
		{"9,9! 10,2", percent(20), ""},
		{"10,2 5,2", number(4), ""},
		{"10,2 5,2", number(3), "the cleanup would delete 4 images, but --max-delete allows 3"},
		{"9,9! 10,2", number(2), ""},
		{"1,1", number(0), "the cleanup would delete 1 image, but --max-delete allows 0"},
		{"1,0", number(0), ""},
		{"", percent(20), ""},
	} {
		err := cleanup.CheckLimit(counted(t, tt.accounts), tt.limit)
		if got := fmt.Sprint(err); tt.want == "" && err != nil || tt.want != "" && got != tt.want {
			t.Errorf("%s, %v: got %s, want %s", tt.accounts, tt.limit, got, tt.want)
		}
		if err != nil && !errors.As(err, new(*cleanup.LimitError)) {
			t.Errorf("%s: got a %T", tt.accounts, err)
		}
	}
}

// counted makes the counts of ad accounts 1, 2 and so on.
func counted(t *testing.T, text string) (accounts []cleanup.AccountCount) {
	t.Helper()
	for i, field := range strings.Fields(text) {
		a := cleanup.AccountCount{Account: plan.Account(strconv.Itoa(i + 1))}
		var images, deletes int
		if n, _ := fmt.Sscanf(field, "%d,%d", &images, &deletes); n != 2 {
			t.Fatalf("%q is not images,deletions", field)
		}
		for n := range images {
			v := cleanup.InUse
			if n < deletes {
				v = cleanup.Delete
			}
			a.Add(v)
		}
		if strings.HasSuffix(field, "!") {
			a.Err = errors.New("not listed")
		}
		accounts = append(accounts, a)
	}
	return accounts
}
