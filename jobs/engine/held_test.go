package engine_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// Once the checkpoint may be another process's, no request leaves, though the intents of its writes
// are on disk already: the next run reads what became of them, and sends them.
func TestNothingIsSentUnheld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		w.Has("11", "a", "b", "c")
		w.Has("22")
		w.Manifest("copy 11 a 22", "move 11 b 22", "copy 11 c 22")
		lost := errors.New("lost")
		var gone atomic.Bool
		w.Wire.Before = func(calls []graph.Call) {
			if gone.Load() {
				t.Errorf("%v was sent", calls[0].Action)
			}
		}
		held := func() (until time.Time, err error) {
			for _, o := range w.Operations() {
				gone.Store(gone.Load() || o.Outcome.State == jobs.Sent)
			}
			if gone.Load() {
				return until, lost
			}
			return until, nil
		}
		if err := w.Run(engine.Options{BatchSize: 1, Held: held}); !errors.Is(err, lost) {
			t.Fatalf("got %v, want that it was lost", err)
		}
		if n := len(w.Server.Log()); n != 0 {
			t.Errorf("got %d writes, want none", n)
		}
		w.Wire.Before = nil
		w.Reopen()
		w.Finish(engine.Options{})
		w.Expect("done", "done", "done")
		w.Once()
	})
}

// A write leaves before another process may have the checkpoint: it gets no connection later.
func TestWritesLeaveWhileHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b", "c")
		w.Has("22")
		w.Manifest("copy 11 a 22", "move 11 b 22", "delete 11 c -")
		writes := 0
		w.Wire.Before = func(calls []graph.Call) {
			for _, c := range calls {
				if c.Action.Write() {
					writes++
					if left := time.Until(c.ConnectBy); c.ConnectBy.IsZero() || left > jobs.LatestDeparture {
						t.Errorf("%v of %s may leave until %v", c.Action, c.Hash, c.ConnectBy)
					}
				}
			}
		}
		w.Finish(engine.Options{Held: func() (time.Time, error) { return time.Now().Add(jobs.LatestDeparture), nil }})
		w.Expect("done", "done", "done")
		if writes == 0 {
			t.Error("nothing was written: the test is void")
		}
	})
}
