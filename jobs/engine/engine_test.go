package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

func TestReadOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		rows := jobtest.Fill(w, 60)
		w.Manifest(append(rows, "copy 21 image0 31")...)
		w.Has("31")
		w.Finish(engine.Options{ReadOnly: true})
		jobtest.WantWrites(0)(t, w)
	})
}

// A share of failures stops a small job, too, and not before it is reached.
func TestMaxFailuresShare(t *testing.T) {
	t.Parallel()
	for percent, stops := range map[float64]bool{1: true, 20: true, 60: false} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{})
			w.Has("22")
			var rows []string
			for i := range 400 {
				if i%2 == 0 {
					w.Has("11", fmt.Sprint(i))
				}
				rows = append(rows, fmt.Sprint("copy 11 ", i, " 22"))
			}
			w.Manifest(rows...)
			err := w.Run(engine.Options{BatchSize: 1, Workers: 1, MaxFailures: jobs.Limit{Percent: percent, Set: true}})
			if got := errors.As(err, new(*jobs.FailuresError)); got != stops {
				t.Errorf("%v%% of 400: got %v with half of them failing", percent, err)
			}
		})
	}
}

func TestMaxFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 3000 {
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i)) // none of them is there
		}
		w.Manifest(rows...)
		e := jobtest.Is[*jobs.FailuresError](t, w.Run(engine.Options{}))
		if e.Settled < 1000 || e.Settled > 2000 {
			t.Errorf("stopped after %d settled, want soon after 1,000", e.Settled)
		}
		jobtest.Is[*jobs.FailuresError](t, w.Run(engine.Options{MaxFailures: jobs.Limit{Count: e.Failed, Set: true}}))
		if err := w.Run(engine.Options{MaxFailures: jobs.Limit{Percent: 100, Set: true}}); err != nil {
			t.Error(err)
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second}})
		rows := jobtest.Fill(w, 300)
		w.Manifest(rows...)
		for range 3 {
			err := w.RunCtx(context.Background(), engine.Options{Workers: 2}, func(e *engine.Engine) {
				time.AfterFunc(6500*time.Millisecond, func() { e.Stop(jobs.ErrInterrupted) })
			})
			if !errors.Is(err, jobs.ErrInterrupted) {
				t.Fatalf("got %v, want ErrInterrupted", err)
			}
			for _, r := range w.Results() {
				if r.Status == jobs.StatusUnknown && r.Verb == plan.Copy {
					t.Errorf("line %d: a drained run left a copy unknown", r.Line)
				}
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 8300*time.Millisecond)
		defer cancel()
		if err := w.RunCtx(ctx, engine.Options{Workers: 2}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's end", err)
		}
		w.Finish(engine.Options{})
		if s := w.Summary(); s.Totals.Done != len(rows) {
			t.Errorf("got %+v, want all done", s.Totals)
		}
		w.Once()
		for _, r := range w.Results() {
			if want := map[string]int{"copy": 1, "move": 2, "delete": 1}[r.Verb.String()]; r.Attempts != want {
				t.Errorf("line %d: got %d attempts, want %d: an interruption is none", r.Line, r.Attempts, want)
			}
		}
	})
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		w.Wire.API = jobtest.NoNetwork{}
		jobtest.Is[*jobs.OfflineError](t, w.Run(engine.Options{}))
		w.Expect("pending")
	})
}

func TestWorkersBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		rows := jobtest.Fill(w, 1000)
		w.Manifest(rows...)
		w.Finish(engine.Options{Workers: 3, BatchSize: 1})
		if got := w.Wire.Most.Load(); got != 3 {
			t.Errorf("got %d requests in flight at most, want 3", got)
		}
	})
}
