package quota

import (
	"testing"
	"time"

	"adferry/graph"
)

var noon = time.Date(2026, 11, 20, 12, 0, 29, 5, time.UTC)

func TestDocumented(t *testing.T) {
	for _, test := range []struct {
		tier graph.Tier
		want Budgets
		ok   bool
	}{
		{graph.TierLimited, Budgets{300, time.Hour, 60, 300 * time.Second, 300 * time.Second, 100}, true},
		{graph.TierFull, Budgets{100_000, time.Hour, 9_000, 300 * time.Second, 60 * time.Second, 100}, true},
		{graph.TierUnknown, Budgets{}, false},
	} {
		if got, ok := Documented(test.tier); got != test.want || ok != test.ok {
			t.Errorf("%v: got %+v, %v, want %+v, %v", test.tier, got, ok, test.want, test.ok)
		}
	}
}

func TestBudgetsTime(t *testing.T) {
	limited, _ := Documented(graph.TierLimited)
	full, _ := Documented(graph.TierFull)
	for _, test := range []struct {
		name          string
		budgets       Budgets
		reads, writes int
		want          time.Duration
	}{
		{"nothing", limited, 0, 0, 0},
		{"what the score holds", limited, 0, 20, 0},
		{"one write more", limited, 0, 21, 15 * time.Second},
		{"one read more", limited, 61, 0, 5 * time.Second},
		{"writes wait for the score", limited, 0, 300, 4200 * time.Second},
		{"and never for the hour", limited, 0, 600, 8700 * time.Second},
		{"reads wait for the score", limited, 300, 0, 1200 * time.Second},
		{"and then for the hour", limited, 301, 0, time.Hour},
		{"and for both", limited, 600, 0, time.Hour + 1200*time.Second},
		{"Full access: ten writes a second", full, 0, 39_000, time.Hour},
		{"Full access: the hour stops reads", full, 200_000, 0, time.Hour + 91_000*time.Second/30},
		{"hourly budget alone", Budgets{Calls: 10, Window: time.Minute}, 5, 26, 3 * time.Minute},
		{"score alone", Budgets{Score: 60, Decay: 300 * time.Second}, 0, 40, 300 * time.Second},
		{"calls in a second alone", Budgets{PerSecond: 100}, 500, 500, 10 * time.Second},
		{"no budget", Budgets{}, 1000, 1000, 0},
	} {
		got := test.budgets.Time(test.reads, test.writes)
		if diff := got - test.want; diff.Abs() > time.Second/10 {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
