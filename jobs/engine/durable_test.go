package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/plan"
)

// slowDisk takes its time over the commits that it is told to.
type slowDisk struct {
	*store.Job
	slow  func(jobs.Change) bool
	pause time.Duration
}

func (d *slowDisk) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	if d.slow(c) {
		time.Sleep(d.pause)
	}
	return d.Job.Commit(ctx, c)
}

// However long the disk takes over it, a write leaves only when its intent is on
// disk, and a delete only when that its copy succeeded and was seen is, too.
func TestDiskBeforeWire(t *testing.T) {
	t.Parallel()
	states := func(c jobs.Change, settled bool) bool {
		for _, r := range c.Records {
			if r.Outcome.State.Settled() == settled && r.Outcome.State != jobs.Pending {
				return true
			}
		}
		return false
	}
	for name, slow := range map[string]func(jobs.Change) bool{
		"intent":   func(c jobs.Change) bool { return states(c, false) },
		"outcome":  func(c jobs.Change) bool { return states(c, true) },
		"sighting": func(c jobs.Change) bool { return len(c.Confirmed) > 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 50 * time.Millisecond}})
				w.Has("11", "a", "b", "c")
				w.Has("22", "c")
				w.Has("33")
				w.Manifest("move 11 a 22", "copy 11 a 33", "move 11 b 33", "move 11 c 22", "delete 22 x -")
				w.Wrap = func(job *store.Job) jobs.Checkpoint { return &slowDisk{job, slow, 3 * time.Second} }
				w.Wire.Before = func(calls []graph.Call) { onDisk(w, calls) }
				w.Finish(engine.Options{})
				w.Expect("done", "done", "done", "done", "skipped already_absent")
				jobtest.WantHolds(t, w, "!11 a", "!11 b", "!11 c", "22 a", "33 a", "33 b", "22 c")
			})
		})
	}
}

// A write that a throttle sent back may soon go again. That it is pending must not
// reach a slow disk after the intent of the next try.
func TestIntentIsLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 5 * time.Second},
			Script:  []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Nth: 1}, Fault: sandbox.Fault{Name: "613/5044001"}}},
		})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		w.Wrap = func(job *store.Job) jobs.Checkpoint {
			return &slowDisk{job, func(c jobs.Change) bool {
				return len(c.Records) > 0 && c.Records[0].Outcome.State == jobs.Pending
			}, 3 * time.Second}
		}
		w.Wire.Before = func(calls []graph.Call) { onDisk(w, calls) }
		w.Wire.After = w.Wire.Before
		w.Finish(engine.Options{})
		w.Expect("done")
		if n := w.Server.Stats().Calls[sandbox.Copy]; n != 2 {
			t.Errorf("got %d copies sent, want 2", n)
		}
	})
}

// Nor must that of a write that was refused, and goes by way of its bytes after that.
func TestIntentIsLastAfterRefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("a")), Name: "a.jpg", Width: 30, Height: 20})
		w.Has("22")
		w.Manifest("copy 11 a 22")
		w.Wrap = func(job *store.Job) jobs.Checkpoint {
			return &slowDisk{job, func(c jobs.Change) bool {
				return len(c.Records) > 0 && c.Records[0].Outcome.State == jobs.Pending
			}, 3 * time.Second}
		}
		uploads := 0
		w.Wire.Before = func(calls []graph.Call) {
			if calls[0].Action != graph.ActionUpload {
				return
			}
			uploads++
			time.Sleep(5 * time.Second)
			view, err := store.View(context.Background(), w.Dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer view.Close()
			ops, err := view.Load(context.Background(), []plan.OpID{1})
			if err != nil || ops[0].Outcome.State != jobs.Sent {
				t.Errorf("while an upload is on its way it is %v on disk, %v", ops, err)
			}
		}
		w.Finish(engine.Options{UploadInstead: true, Downloader: w.Downloader()})
		w.Expect("done uploaded")
		if uploads != 1 {
			t.Errorf("got %d uploads, want 1", uploads)
		}
	})
}

// onDisk fails the test for a write about to leave of which the checkpoint does
// not say all that it has to.
func onDisk(w *jobtest.World, calls []graph.Call) {
	ids := make([]plan.OpID, 20)
	for i := range ids {
		ids[i] = plan.OpID(i + 1)
	}
	view, err := store.View(context.Background(), w.Dir)
	if err != nil {
		w.T.Error(err)
		return
	}
	defer view.Close()
	ops, err := view.Load(context.Background(), ids)
	if err != nil {
		w.T.Error(err)
	}
	for _, c := range calls {
		for _, o := range ops {
			if !jobtest.Asks(o.Op, c) || string(o.Hash) != c.Hash {
				continue
			}
			if o.Outcome.State != jobs.Sent {
				w.T.Errorf("%s of %s in %s left while on disk it was %s", c.Action, c.Hash, c.Account, o.Outcome.State)
			}
			for _, n := range o.Needs {
				if c.Action == graph.ActionDelete && (!n.Outcome.State.OK() || n.Outcome.ConfirmedAt.IsZero()) {
					w.T.Errorf("delete of %s in %s left while on disk its copy to %s was %s, seen %v", c.Hash, c.Account, n.Target, n.Outcome.State, n.Outcome.ConfirmedAt)
				}
			}
		}
	}
}
