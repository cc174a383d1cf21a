package campaign

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestBudget(t *testing.T) {
	seconds := int(budgets[Kills] / time.Second)
	for _, test := range []struct {
		text  string
		cases int // of a second each
	}{{"", seconds}, {"0.5", seconds / 2}, {"10", 10 * seconds}, {unlimited, 1000}} {
		t.Run(test.text, func(t *testing.T) {
			t.Setenv(variable, test.text)
			synctest.Test(t, func(t *testing.T) {
				c := Start(t, Kills)
				cases := 0
				for ; cases < 1000 && c.Next(); cases++ {
					time.Sleep(time.Second)
				}
				if cases != test.cases {
					t.Errorf("got %d cases, want %d", cases, test.cases)
				}
			})
		})
	}
}

func TestBudgetRefused(t *testing.T) {
	for _, text := range []string{"0", "-1", "10s", "all", "NaN"} {
		if got, err := budgetOf(Kills, text); err == nil {
			t.Errorf("%s: got %v, want an error", text, got)
		}
	}
	if _, err := budgetOf("picnics", ""); err == nil {
		t.Error("a campaign without a budget was started")
	}
}
