package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/plan"
)

func TestReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		rows := fill(w, 60)
		w.manifest(append(rows, "copy 21 image0 31")...)
		w.has("31")
		if err := w.run(jobs.Options{ReadOnly: true}); err != nil {
			t.Fatal(err)
		}
		wantWrites(0)(t, w)
	})
}

// A share of failures stops a small job, too, and not before it is reached.
func TestMaxFailuresShare(t *testing.T) {
	for percent, stops := range map[float64]bool{1: true, 20: true, 60: false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.has("22")
			var rows []string
			for i := range 400 {
				if i%2 == 0 {
					w.has("11", fmt.Sprint(i))
				}
				rows = append(rows, fmt.Sprint("copy 11 ", i, " 22"))
			}
			w.manifest(rows...)
			err := w.run(jobs.Options{BatchSize: 1, Workers: 1, MaxFailures: jobs.Share{Percent: percent, Set: true}})
			if got := errors.As(err, new(*jobs.FailuresError)); got != stops {
				t.Errorf("%v%% of 400: got %v with half of them failing", percent, err)
			}
		})
	}
}

func TestMaxFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("11")
		w.has("22")
		var rows []string
		for i := range 3000 {
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i)) // none of them is there
		}
		w.manifest(rows...)
		e := is[*jobs.FailuresError](t, w.run(jobs.Options{}))
		if e.Settled < 1000 || e.Settled > 2000 {
			t.Errorf("stopped after %d settled, want soon after 1,000", e.Settled)
		}
		is[*jobs.FailuresError](t, w.run(jobs.Options{MaxFailures: jobs.Share{Count: e.Failed, Set: true}}))
		if err := w.run(jobs.Options{MaxFailures: jobs.Share{Percent: 100, Set: true}}); err != nil {
			t.Error(err)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second}})
		rows := fill(w, 300)
		w.manifest(rows...)
		for range 3 {
			err := w.runCtx(context.Background(), jobs.Options{Workers: 2}, func(e *jobs.Engine) {
				time.AfterFunc(6500*time.Millisecond, func() { e.Stop(jobs.ErrInterrupted) })
			})
			if !errors.Is(err, jobs.ErrInterrupted) {
				t.Fatalf("got %v, want ErrInterrupted", err)
			}
			for _, r := range w.results() {
				if r.Status == jobs.StatusUnknown && r.Verb == plan.Copy {
					t.Errorf("line %d: a drained run left a copy unknown", r.Line)
				}
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 8300*time.Millisecond)
		defer cancel()
		if err := w.runCtx(ctx, jobs.Options{Workers: 2}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's end", err)
		}
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		if s := w.summary(); s.Totals.Done != len(rows) {
			t.Errorf("got %+v, want all done", s.Totals)
		}
		w.once()
		for _, r := range w.results() {
			if want := map[string]int{"copy": 1, "move": 2, "delete": 1}[r.Verb.String()]; r.Attempts != want {
				t.Errorf("line %d: got %d attempts, want %d: an interruption is none", r.Line, r.Attempts, want)
			}
		}
	})
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("11", "a")
		w.has("22")
		w.manifest("copy 11 a 22")
		w.api.API = noNetwork{}
		is[*jobs.OfflineError](t, w.run(jobs.Options{}))
		w.expect("pending")
	})
}

func TestWorkersBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		rows := fill(w, 1000)
		w.manifest(rows...)
		if err := w.run(jobs.Options{Workers: 3, BatchSize: 1}); err != nil {
			t.Fatal(err)
		}
		if got := w.api.most.Load(); got != 3 {
			t.Errorf("got %d requests in flight at most, want 3", got)
		}
	})
}
