package engine_test

import (
	"testing"
	"testing/synctest"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// The creatives that the read before a delete named are kept with the job, until the
// operation is tried again.
func TestCreativesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("22")
		w.Has("33")
		used := sandbox.Image{Hash: string(jobtest.Hash("a")), Creatives: []string{"120", "130"}}
		w.Server.AddImage("11", used)
		w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("b")), Associated: true})
		w.Manifest("move 11 a 22", "delete 11 b -", "copy 11 a 33")
		w.Finish(engine.Options{})
		kept := func() (all []string) {
			for _, o := range w.Operations() {
				all = append(all, o.Outcome.Creatives)
			}
			return all
		}
		if got := kept(); got[1] != "120 130" || got[0] != "" || got[2] != "" {
			t.Errorf("got creatives %q, want those of the second operation alone", got)
		}
		used.Creatives = nil
		w.Server.AddImage("11", used)
		w.Reopen()
		w.Finish(engine.Options{})
		if got := kept(); got[1] != "" {
			t.Errorf("the image was deleted, and has creatives %q", got)
		}
	})
}
