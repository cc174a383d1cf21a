package preflight_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/jobtest"
	"adferry/jobs/preflight"
	"adferry/plan"
)

// The time of a plan follows the tier that each account reports; where one reports
// none, it lies between the two.
func TestForecastWithin(t *testing.T) {
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range 400 {
		fmt.Fprintf(&b, "11,%s,%d\n", jobtest.Hash(fmt.Sprint(i)), 22+i%2*11)
	}
	p, err := plan.Read(strings.NewReader(b.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	f := preflight.Predict(p, 0)
	of := func(a plan.Account) preflight.AccountForecast {
		for _, one := range f.Accounts {
			if one.Account == a {
				return one
			}
		}
		return preflight.AccountForecast{}
	}
	limited := func(a plan.Account) time.Duration { return time.Duration(of(a).Limited) }
	full := time.Duration(of("22").Full)
	all := func(plan.Account) int { return 200 }
	for _, test := range []struct {
		name        string
		tiers       map[plan.Account]graph.Tier
		writes      func(plan.Account) int
		least, most time.Duration
	}{
		{"all full", map[plan.Account]graph.Tier{"11": graph.TierFull, "22": graph.TierFull, "33": graph.TierFull}, all, full, full},
		{"one limited", map[plan.Account]graph.Tier{"11": graph.TierFull, "22": graph.TierFull, "33": graph.TierLimited}, all, limited("33"), limited("33")},
		{"one unknown", map[plan.Account]graph.Tier{"11": graph.TierFull, "22": graph.TierFull}, all, full, limited("33")},
		{"one limited, one unknown", map[plan.Account]graph.Tier{"11": graph.TierFull, "22": graph.TierLimited}, all, limited("22"), limited("22")},
		{"nothing left", map[plan.Account]graph.Tier{"22": graph.TierLimited, "33": graph.TierLimited}, func(plan.Account) int { return 0 }, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			writes := func(a plan.Account) int {
				if a == "11" { // copies charge their targets
					return 0
				}
				return test.writes(a)
			}
			least, most := f.Within(func(a plan.Account) graph.Tier { return test.tiers[a] }, writes)
			if time.Duration(least) != test.least || time.Duration(most) != test.most {
				t.Errorf("got %v to %v, want %v to %v", time.Duration(least), time.Duration(most), test.least, test.most)
			}
		})
	}
	if limited("22") == 0 {
		t.Error("200 copies under Limited access take no time: the test is void")
	}
}

// A move reads its target three times: before the copy, before the delete, and once
// more when the image is gone from its source.
func TestForecastReads(t *testing.T) {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for i := range 100 {
		fmt.Fprintf(&b, "move,11,%s,22\n", jobtest.Hash(fmt.Sprint(i)))
	}
	p, err := plan.Read(strings.NewReader(b.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range preflight.Predict(p, 0).Accounts {
		if a.Reads != 6 || a.Calls != 106 {
			t.Errorf("%s: got %d reads and %d calls, want 6 and 106", a.Account.Act(), a.Reads, a.Calls)
		}
	}
}

// A check takes as long as its reads: no time for few images, hours under Limited access for many.
func TestCheckTime(t *testing.T) {
	for _, test := range []struct {
		rows          int
		full, limited time.Duration // at least
	}{
		{400, 0, 0},
		{40_000, 0, 2 * time.Hour},
	} {
		var b strings.Builder
		b.WriteString("source_account,hash,target_account\n")
		for i := range test.rows {
			fmt.Fprintf(&b, "11,%s,22\n", jobtest.Hash(fmt.Sprint(i)))
		}
		p, err := plan.Read(strings.NewReader(b.String()), nil)
		if err != nil {
			t.Fatal(err)
		}
		full, limited := preflight.Predict(p, 0).CheckTime()
		if full < test.full || full > test.full+time.Minute || limited < test.limited || limited > test.limited+time.Hour {
			t.Errorf("%d rows: got %v with Full and %v with Limited access, want about %v and %v", test.rows, full, limited, test.full, test.limited)
		}
	}
}
