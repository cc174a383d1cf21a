package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
)

// However small the job's share of the limits is, a deletion follows the reading that permits it:
// else what was read would be too old by then, and be read again for ever.
func TestDeletesWithinAShare(t *testing.T) {
	t.Parallel()
	const accounts, images = 4, 3
	for _, test := range []struct {
		name  string
		share quota.Share
		mode  quota.Mode
		calls int // the API's limit in an hour
	}{
		{"5% of Limited", 0.05, quota.Auto, 0},
		{"6% of Limited", 0.06, quota.Auto, 0},
		{"6% of Limited, named", 0.06, quota.Limited, 0},
		{"10% of Limited", 0.1, quota.Auto, 0},
		{"6% of 26 calls", 0.06, quota.Auto, 26},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Tier: sandbox.Limited, Limits: sandbox.Limits{HourlyCalls: test.calls},
					Latency: sandbox.Latency{Min: 300 * time.Millisecond}})
				var rows []string
				for a := range accounts { // each has images for the next
					for i := range images {
						name := fmt.Sprint(a, ".", i)
						w.Has(fmt.Sprint(11+a), name)
						rows = append(rows, fmt.Sprintf("move %d %s %d", 11+a, name, 11+(a+1)%accounts))
					}
				}
				w.Manifest(rows...)
				began := time.Now()
				w.Finish(engine.Options{Rules: quota.Rules{Mode: test.mode, Share: test.share}, MaxDuration: 20 * 24 * time.Hour})
				s := w.Summary()
				t.Logf("%d calls in %v", s.API.Calls, time.Since(began))
				if s.Totals.Done != len(rows) {
					t.Errorf("%d of %d done", s.Totals.Done, len(rows))
				}
			})
		})
	}
}
