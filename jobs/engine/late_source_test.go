package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// The second copy of a chain waits for the image that the first one brought, which the account between
// them shows seconds later. An image that nobody brought is missed at once.
func TestSourceShownLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stale := sandbox.Rule{Match: sandbox.Match{Account: "22", Kind: sandbox.Read, Nth: 1, Count: 1000}, Fault: sandbox.Fault{Name: "stale", Age: 4 * time.Second}}
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{stale}})
		w.Has("11", "0")
		w.Has("22")
		w.Has("33")
		w.Manifest("copy 11 0 22", "copy 22 0 33", "copy 22 1 33")
		began := time.Now()
		w.Finish(engine.Options{})
		w.Expect("done", "done", "failed not_found")
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}
