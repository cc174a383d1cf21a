package engine_test

import (
	"testing"
	"testing/synctest"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// Where the first account of a chain of moves keeps its image, the second one does, too: the deletion
// in the first has to see the image there when it is tried again.
func TestChainTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		refused := sandbox.Rule{Match: sandbox.Match{Account: "11", Kind: sandbox.Delete, Nth: 1}, Fault: sandbox.Fault{Name: "in_use"}}
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{refused}})
		w.Has("11", "a")
		w.Has("22")
		w.Has("33")
		w.Manifest("move 11 a 22", "move 22 a 33")
		w.Finish(engine.Options{})
		w.Expect("failed copied_not_deleted", "failed copied_not_deleted")
		w.Reopen()
		w.Finish(engine.Options{})
		w.Expect("done", "done")
		w.Once()
		for account, want := range map[string]bool{"11": false, "22": false, "33": true} {
			if w.Holds(account, "a") != want {
				t.Errorf("act_%s holds the image: %t, want %t", account, !want, want)
			}
		}
	})
}
