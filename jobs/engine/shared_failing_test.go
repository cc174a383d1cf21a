package engine_test

import (
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// That writes to an ad account fail is still known when its lane has gone to another engine: nothing
// is deleted whose copy it has.
func TestFailingGoesWithLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 2, Count: 1e9}, Fault: sandbox.Fault{Name: "200"}},
		}})
		w.Has("11", "a", "b", "c", "d")
		w.Has("22")
		w.Manifest("move 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22")
		shareJob(t, w, 2, engine.Options{BatchSize: 1, Workers: 1}, func(d *desk) {
			d.take(t, 0, "22")
			time.Sleep(time.Minute)
			if f := d.engines[0].Findings(); !maps.Equal(f.Failing, map[plan.Account]bool{"22": true}) {
				t.Errorf("got failing %v, want 22", f.Failing)
			}
			if f := d.engines[0].Findings(); len(f.Failing) > 0 {
				t.Errorf("got failing %v again", f.Failing)
			}
			if err := d.engines[0].Give(t.Context(), "22"); err != nil {
				t.Fatal(err)
			}
			for _, a := range []plan.Account{"22", "11"} {
				p := d.point(t, a)
				p.Failing = []plan.Account{"22"}
				d.engines[1].Await(a)
				d.engines[1].Take(p)
				d.engines[1].Work(a, true)
			}
			d.engines[1].Hear(jobs.News{Progress: &jobs.Progress{Operations: 5, Settled: 4}}) // the board has been told nothing new
			time.Sleep(time.Minute)
		})
		jobtest.WantHolds(t, w, "11 a", "22 a", "!22 b", "!22 c", "!22 d")
		for _, o := range w.Operations() {
			if o.Kind == plan.KindDelete && o.Outcome.Reason != jobs.DependencyFailed {
				t.Errorf("got %s %s: %s", o.Outcome.State, o.Outcome.Reason, o.Outcome.Message)
			}
		}
	})
}
