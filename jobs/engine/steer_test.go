package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
)

// steered is a job of so many copies on a server that takes 200 ms for a call. It
// returns when each request left, since the start, and how many writes it carried.
func steered(t *testing.T, copies int, o engine.Options, steer func(*jobtest.World, *engine.Engine)) (left []time.Duration, writes []int) {
	t.Helper()
	w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 200 * time.Millisecond, Max: 200 * time.Millisecond}})
	var rows []string
	w.Has("22")
	for i := range copies {
		w.Has("11", fmt.Sprint(i))
		rows = append(rows, fmt.Sprint("copy 11 ", i, " 22"))
	}
	w.Manifest(rows...)
	began := time.Now()
	var mu sync.Mutex
	w.Wire.Before = func(calls []graph.Call) {
		n := 0
		for _, c := range calls {
			if c.Action.Write() {
				n++
			}
		}
		mu.Lock()
		defer mu.Unlock()
		left, writes = append(left, time.Since(began)), append(writes, n)
	}
	if err := w.RunCtx(context.Background(), o, func(e *engine.Engine) { steer(w, e) }); err != nil {
		t.Fatal(err)
	}
	if s := w.Summary(); s.Totals.Done != copies {
		t.Errorf("got %+v, want all %d done", s.Totals, copies)
	}
	return left, writes
}

func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const from, to = 3 * time.Second, time.Hour
		o := engine.Options{Workers: 2, BatchSize: 5, MaxWait: time.Minute}
		left, _ := steered(t, 500, o, func(_ *jobtest.World, e *engine.Engine) {
			time.AfterFunc(from, func() { e.Steer(jobs.Steering{Paused: true, Workers: 2}) })
			time.AfterFunc(to, func() { e.Steer(jobs.Steering{Workers: 2}) })
		})
		before := 0
		for _, at := range left {
			if at > from && at < to {
				t.Errorf("a request left %v after the pause began", at-from)
			}
			if at <= from {
				before++
			}
		}
		if before == 0 || before == len(left) {
			t.Errorf("%d of %d requests left before the pause", before, len(left))
		}
	})
}

// A pause that was there before the run began holds from its first request on, and
// a stop ends it.
func TestPausedFromTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		err := w.RunCtx(context.Background(), engine.Options{}, func(e *engine.Engine) {
			e.Steer(jobs.Steering{Paused: true, Workers: 8})
			time.AfterFunc(time.Minute, func() { e.Stop(jobs.ErrInterrupted) })
		})
		if err != jobs.ErrInterrupted {
			t.Errorf("got %v, want it interrupted", err)
		}
		if n := w.Server.Stats().Requests; n != 0 {
			t.Errorf("%d calls were made", n)
		}
		if s := w.Summary(); s.Totals.Pending != 1 || s.WaitedS != 0 {
			t.Errorf("got %+v and %v s waited, want the row pending and no wait counted", s.Totals, s.WaitedS)
		}
		if err := w.Run(engine.Options{}); err != nil {
			t.Error(err)
		}
		w.Expect("done")
	})
}

func TestTuneWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		most := map[string]int64{}
		o := engine.Options{Workers: 2, BatchSize: 1, Rules: quota.Rules{Mode: quota.Off}}
		steered(t, 400, o, func(w *jobtest.World, e *engine.Engine) {
			w.Has("33")
			read := func(name string, next int) func() {
				return func() {
					most[name] = w.Wire.Most.Swap(0)
					e.Steer(jobs.Steering{Workers: next})
				}
			}
			time.AfterFunc(5050*time.Millisecond, read("two", 6))
			time.AfterFunc(10050*time.Millisecond, read("six", 1))
			time.AfterFunc(10500*time.Millisecond, func() { w.Wire.Most.Store(0) }) // those in flight have ended
			time.AfterFunc(15050*time.Millisecond, read("one", 8))
		})
		for name, want := range map[string]int64{"two": 2, "six": 6, "one": 1} {
			if most[name] != want {
				t.Errorf("got %d requests at once while there were to be %s", most[name], name)
			}
		}
	})
}

func TestTuneRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const at = 10 * time.Minute
		o := engine.Options{Rules: quota.Rules{MaxRate: 0.005}} // one in 200 s
		left, writes := steered(t, 40, o, func(_ *jobtest.World, e *engine.Engine) {
			time.AfterFunc(at, func() { e.Steer(jobs.Steering{Workers: 8, MaxRate: 2}) })
		})
		slow, quick, last := 0, 0, time.Duration(0)
		for i, n := range writes {
			switch {
			case left[i] < at:
				slow += n
			default:
				quick += n
				last = left[i]
			}
		}
		if slow > 4 || slow+quick != 40 {
			t.Errorf("got %d writes in ten minutes at one in 200 s, and %d after", slow, quick)
		}
		if took := last - at; took > 25*time.Second || took < 15*time.Second {
			t.Errorf("got %d writes in %v after the rate became two a second", quick, took)
		}
	})
}
