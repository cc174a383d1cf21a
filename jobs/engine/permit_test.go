package engine_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
)

// A delete that was held back leaves with what is so now, not with what was seen
// before it had to wait: meanwhile somebody deletes the copies.
func TestConfirmationsAreSecondsOld(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		hold sandbox.Fault // of the first delete
	}{
		{"a park", sandbox.Fault{Name: "17/2446079", Hold: time.Minute}},
		{"a named wait", sandbox.Fault{Name: "80004/2446079", Regain: 2 * time.Minute, Hold: 2 * time.Minute}},
		{"the whole app", sandbox.Fault{Name: "4", Hold: time.Minute}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 20
				w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
					{Match: sandbox.Match{Kind: sandbox.Delete, Nth: 1}, Fault: test.hold},
				}})
				w.Has("22")
				var rows []string
				for i := range n {
					w.Has("11", fmt.Sprint(i))
					rows = append(rows, fmt.Sprintf("move 11 %d 22", i))
				}
				w.Manifest(rows...)
				time.AfterFunc(30*time.Second, func() {
					for i := range n {
						w.Server.RemoveImage("22", string(jobtest.Hash(fmt.Sprint(i))))
					}
				})
				w.Finish(engine.Options{})
				for i, r := range w.Results() {
					if !w.Holds("11", fmt.Sprint(i)) {
						t.Errorf("row %d (%s %s): the image is gone from both accounts", i+1, r.Status, r.Reason)
					} else if r.Status != jobs.StatusFailed {
						t.Errorf("row %d: got %s %s, want a failed row", i+1, r.Status, r.Reason)
					}
				}
			})
		})
	}
}

// What vanishes after its source was deleted is told, and the others are done.
func TestVanishedCopyIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b")
		w.Has("22")
		w.Manifest("move 11 a 22", "move 11 b 22")
		w.Wire.After = func(calls []graph.Call) {
			for _, c := range calls {
				if c.Action == graph.ActionDelete {
					w.Server.RemoveImage("22", string(jobtest.Hash("a")))
				}
			}
		}
		w.Finish(engine.Options{})
		w.Expect("failed copy_unseen", "done")
		wantMapped(w, jobtest.Hash("b"))
	})
}

// Deletes that go together are read together: their sources, their copies before and
// after, and what became of them. Beside those four reads for each group a move costs
// its share of those before it is copied, which have up to 50 images each.
func TestGroupsShareReads(t *testing.T) {
	t.Parallel()
	for _, tier := range []sandbox.Tier{sandbox.Limited, sandbox.Full} {
		t.Run(fmt.Sprint(tier), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 100
				w := jobtest.NewWorld(t, sandbox.Options{Tier: tier, Limits: sandbox.Limits{Score: sandbox.Linear}, Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
				w.Has("22")
				var rows []string
				for i := range n {
					w.Has("11", fmt.Sprint(i))
					rows = append(rows, fmt.Sprintf("move 11 %d 22", i))
				}
				w.Manifest(rows...)
				var readCalls, groupReads atomic.Int64
				w.Wire.Before = func(calls []graph.Call) {
					for _, c := range calls {
						if c.Action == graph.ActionRead {
							readCalls.Add(1)
						}
						if slices.Contains(c.Query.Fields, graph.FieldCreatives) {
							groupReads.Add(1)
						}
					}
				}
				w.Finish(engine.Options{})
				reads, groups := int(readCalls.Load()), int(groupReads.Load())
				if reads > n/10+4*groups || groups > n/10 {
					t.Errorf("%d reads for %d groups, want %d at most, and at most %d groups", reads, groups, n/10+4*groups, n/10)
				}
			})
		})
	}
}

// A confirmation that the disk held back for too long permits nothing, and is made anew.
func TestSlowDiskPermitsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("move 11 a 22")
		var mu sync.Mutex
		held := false
		intent := func(c jobs.Change) bool {
			mu.Lock()
			defer mu.Unlock()
			if held || len(c.Records) != 1 || c.Records[0].ID != 2 || c.Records[0].Outcome.State != jobs.Sent {
				return false
			}
			held = true
			return true
		}
		w.Wrap = func(job *store.Job) jobs.Checkpoint { return &slowDisk{job, intent, 15 * time.Second} }
		seen := time.Time{}
		w.Wire.Before = func(calls []graph.Call) {
			mu.Lock()
			defer mu.Unlock()
			for _, c := range calls {
				switch {
				case c.Action == graph.ActionRead && c.Account == "22":
					seen = time.Now()
				case c.Action == graph.ActionDelete && time.Since(seen) > 10*time.Second:
					t.Errorf("a delete left %v after the last sighting of its copy", time.Since(seen))
				}
			}
		}
		w.Finish(engine.Options{})
		if !held {
			t.Error("no intent of a delete was held back")
		}
		w.Expect("done")
	})
}

// Where answers take longer than a confirmation lasts, a delete is given up rather than
// confirmed for ever.
func TestAnswersOutrunConfirmations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 6 * time.Second}})
		w.Has("11", "a", "b")
		w.Has("22")
		w.Has("33")
		w.Manifest("move 11 a 22", "move 11 a 33", "move 11 b 22")
		w.Finish(engine.Options{Workers: 1, BatchSize: 1})
		w.Expect("failed copied_not_deleted", "failed copied_not_deleted", "done")
		jobtest.WantHolds(t, w, "11 a", "22 a", "33 a", "!11 b", "22 b")
		if n := w.Server.Stats().Requests; n > 100 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// Throttles that let one confirmation grow too old while another is read fail no row,
// however many there are.
func TestThrottledConfirmationsFailNoRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const rounds = 30
		var script []sandbox.Rule
		for i := range rounds { // the first read of each account looks for the image before it is copied
			for account, nth := range map[string]int{"33": 2 + 2*i, "22": 3 + 2*i} {
				script = append(script, sandbox.Rule{
					Match: sandbox.Match{Account: account, Kind: sandbox.Read, Nth: nth},
					Fault: sandbox.Fault{Name: "80004/2446079", Regain: 15 * time.Second},
				})
			}
		}
		w := jobtest.NewWorld(t, sandbox.Options{Script: script})
		w.Has("11", "a")
		w.Has("22")
		w.Has("33")
		w.Manifest("move 11 a 22", "move 11 a 33")
		w.Finish(engine.Options{})
		w.Expect("done", "done")
		if s := w.Summary(); s.API.Throttled < rounds {
			t.Errorf("%d calls were throttled, want %d at least", s.API.Throttled, rounds)
		}
	})
}

// Deletes that settle without a write, here because their images are in use, are found
// out together, not a few at a time.
func TestSettledWithoutWriteTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 100 {
			w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(fmt.Sprint(i))), Creatives: []string{"1"}})
			rows = append(rows, fmt.Sprintf("move 11 %d 22", i))
		}
		w.Manifest(rows...)
		var reads atomic.Int64
		w.Wire.Before = func(calls []graph.Call) {
			for _, c := range calls {
				if c.Action == graph.ActionRead {
					reads.Add(1)
				}
			}
		}
		w.Finish(engine.Options{})
		if n := reads.Load(); n > 20 {
			t.Errorf("%d reads for 100 images in use, want 20 at most", n)
		}
	})
}

// One worker and two ad accounts that move to each other, with answers that take
// more than half the time that a confirmation lasts: what was seen leaves before the
// other account is read.
func TestConfirmationsAreUsedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 6 * time.Second}})
		var rows []string
		for i := range 10 {
			from, to := "11", "22"
			if i%2 == 1 {
				from, to = to, from
			}
			w.Has(from, fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("move %s %d %s", from, i, to))
		}
		w.Manifest(rows...)
		began := time.Now()
		w.Finish(engine.Options{Workers: 1, BatchSize: 1, MaxDuration: time.Hour})
		for i, r := range w.Results() {
			if r.Status != jobs.StatusDone {
				t.Errorf("row %d: got %s %s, want it done", i+1, r.Status, r.Reason)
			}
		}
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("took %v", took)
		}
	})
}
