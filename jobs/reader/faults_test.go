package reader_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/dispatch"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// Faults of many kinds together, under the limits of Limited access: everything is
// listed, once, and next to nothing is sent to an account that was told to wait.
func TestListInAllWeathers(t *testing.T) {
	t.Parallel()
	faults := []string{"cut", "timeout", "html_502", "truncated", "error_empty", "1", "2", "empty_list", "throttle", "reduce", "4", "613/5044001", "200/4841013"}
	for _, seed := range []uint64{0, 3, 6, 13, 15, 18, 23} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rates := map[string]float64{}
				for i, f := range faults {
					if seed>>(i%5)&1 == 1 {
						rates[f] = 0.04
					}
				}
				w := jobtest.NewWorld(t, sandbox.Options{
					Rates: rates, Seed: seed, Tier: sandbox.Limited, Latency: sandbox.Latency{Min: 50 * time.Millisecond, Max: 900 * time.Millisecond},
					Limits:   sandbox.Limits{Score: sandbox.ScoreModel(1 + seed%2), BurstPerSecond: 20},
					Variants: sandbox.Variants{EmptyWhenThrottled: seed%3 == 0},
				})
				accounts := []plan.Account{"11", "22", "33", "44", "55"}
				shelve(w, 400, accounts...)
				got, err := list(w, dispatch.Options{}, graph.Query{Limit: 5}, accounts...)
				if err != nil {
					t.Fatal(err)
				}
				complete(w, got, accounts...)
				if s := w.Server.Stats(); s.WhileBlocked > 3 {
					t.Errorf("%d of %d calls came while they were not to", s.WhileBlocked, s.Requests)
				}
			})
		})
	}
}
