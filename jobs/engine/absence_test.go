package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
)

// cutShort is a checkpoint of a process that is killed before a commit, counted from 1.
type cutShort struct {
	*store.Job
	at int

	mu      sync.Mutex
	commits int
}

func (c *cutShort) Commit(ctx context.Context, change jobs.Change) ([]jobs.Released, error) {
	c.mu.Lock()
	c.commits++
	killed := c.at > 0 && c.commits >= c.at
	c.mu.Unlock()
	if killed {
		return nil, errors.New("the process is gone")
	}
	return c.Job.Commit(ctx, change)
}

// A process that takes a job up again, also from one that was killed, knows that
// the API sends quota headers: empty lists without one, at its first reads, are no
// proof of absence either.
func TestEmptyListAfterRestart(t *testing.T) {
	t.Parallel()
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprint("killed ", killed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
					{Match: sandbox.Match{Kind: sandbox.Delete, Nth: 1, Count: 2}, Fault: sandbox.Fault{Name: "190/463"}},
					{Match: sandbox.Match{Kind: sandbox.Read, Account: "11", Nth: 2, Count: 4}, Fault: sandbox.Fault{Name: "empty_list"}},
				}})
				w.Has("11", "a", "b")
				w.Manifest("delete 11 a -", "delete 11 b -")
				w.Wrap = func(job *store.Job) jobs.Checkpoint {
					f := &cutShort{Job: job}
					if killed {
						f.at = 4 // the first counters, the header and the intents are on disk, the refusal is not
					}
					return f
				}
				if err := w.Run(engine.Options{}); !errors.As(err, new(*jobs.RefusedError)) && !errors.As(err, new(*jobs.CheckpointError)) {
					t.Fatalf("got %v, want the token refused", err)
				}
				w.Wrap = nil
				w.Finish(engine.Options{})
				w.Expect("done", "done")
				jobtest.WantHolds(t, w, "!11 a", "!11 b")
			})
		})
	}
}

func TestEmptyListIsNoProof(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "11", Nth: 1}, Fault: sandbox.Fault{Name: "empty_list"}},
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "22", Nth: 1}, Fault: sandbox.Fault{Name: "empty_list"}},
		}})
		w.Has("11", "a", "b")
		w.Has("22", "b")
		w.Manifest("copy 11 a 22", "copy 11 b 22")
		w.Finish(engine.Options{})
		w.Expect("done", "skipped already_present")
	})
}

// Where headers come with some answers and not with others, whatever they show, that
// one is missing says nothing: the run does not wait for hours because of it.
func TestHeadersNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("22")
		var rows []string
		for i := range 120 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("move 11 %d 22", i))
		}
		w.Manifest(rows...)
		w.Wire.API = &bareheaded{API: w.Wire.API}
		began := time.Now()
		w.Finish(engine.Options{BatchSize: 1})
		for i, r := range w.Results() {
			if r.Status != jobs.StatusDone {
				t.Errorf("row %d: got %s %s", i+1, r.Status, r.Reason)
			}
		}
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// bareheaded is an API that tells of quotas with every third answer alone.
type bareheaded struct {
	dispatch.API
	n atomic.Int64
}

func (b *bareheaded) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	replies := b.API.Do(ctx, calls)
	for i := range replies {
		if b.n.Add(1)%3 != 0 {
			replies[i].Usage = graph.Usage{}
		}
	}
	return replies
}
