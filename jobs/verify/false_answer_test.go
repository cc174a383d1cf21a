package verify_test

import (
	"context"
	"testing"
	"testing/synctest"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// emptiedOnce answers its first request with empty lists, which carry quota headers.
type emptiedOnce struct {
	dispatch.API
	done bool
}

func (e *emptiedOnce) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	replies := e.API.Do(ctx, calls)
	for i := range replies {
		if !e.done {
			replies[i].Images, replies[i].Empty = nil, true
		}
	}
	e.done = true
	return replies
}

// One false empty answer is no drift.
func TestVerifyDistrustsEmptyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b", "c")
		w.Has("22")
		w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22")
		w.Finish(engine.Options{})
		w.Wire.API = &emptiedOnce{API: w.Wire.API}
		if v, drifts := jobtest.Verify(w); v.Present != 3 || len(drifts) > 0 {
			t.Errorf("got %+v and %v, want 3 images there and no drift", v, drifts)
		}
		jobtest.Loses(w, "22", "a")
		if _, drifts := jobtest.Verify(w); len(drifts) != 1 {
			t.Errorf("got %v, want the lost image", drifts)
		}
	})
}
