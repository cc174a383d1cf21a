package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// A copy that the API refuses because somebody deleted its image since it was read is told
// as not found; one whose image is there in the words of the refusal. One bulk read tells
// them apart.
func TestRefusedCopyIsExplained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}, Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Copy, Hash: string(jobtest.Hash("refused"))}, Fault: sandbox.Fault{Name: "100"}},
		}})
		w.Has("22")
		w.Has("11", "refused", "fine")
		rows, want := []string{"copy 11 refused 22", "copy 11 fine 22"}, []string{"failed invalid", "done"}
		for i := range 20 {
			w.Has("11", fmt.Sprint(i))
			rows, want = append(rows, fmt.Sprintf("copy 11 %d 22", i)), append(want, "failed not_found")
		}
		w.Manifest(rows...)
		lost := false
		w.Wire.Before = func(calls []graph.Call) {
			if lost || !calls[0].Action.Write() {
				return
			}
			lost = true
			for i := range 20 {
				jobtest.Loses(w, "11", fmt.Sprint(i))
			}
		}
		w.Finish(engine.Options{BatchSize: 50})
		w.Expect(want...)
		if n := w.Server.Stats().Calls[sandbox.Read]; n > 5 {
			t.Errorf("got %d reads, want two before the copies and few after them", n)
		}
		w.Once()
	})
}
