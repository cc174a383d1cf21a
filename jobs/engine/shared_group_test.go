package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// The deletes of a lane wait for others of their lane to go with, and not for operations of other
// lanes, which nobody may have.
func TestGroupOfOwnLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Headers: sandbox.Headers{None: true}})
		w.Has("11", "a", "b")
		w.Has("12", "c", "d", "e")
		w.Has("21")
		w.Has("22")
		w.Manifest("move 11 a 21", "move 11 b 21", "move 12 c 22", "move 12 d 22", "copy 12 e 22")
		shareJob(t, w, 1, engine.Options{}, func(d *desk) {
			began := time.Now()
			for _, a := range []plan.Account{"21", "11"} {
				d.take(t, 0, a)
			}
			for d.left(t) > 5 && time.Since(began) < time.Hour {
				time.Sleep(time.Second)
				d.hear()
			}
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("two moves took %v", took)
			}
		})
		jobtest.WantHolds(t, w, "!11 a", "!11 b", "21 a", "21 b", "12 c", "!22 c")
	})
}
