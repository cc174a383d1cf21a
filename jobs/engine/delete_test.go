package engine_test

import (
	"context"
	"fmt"
	"slices"
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

// mapped wants the mapping to have these images, whatever their order.
func wantMapped(w *jobtest.World, want ...plan.Hash) {
	w.T.Helper()
	job, err := store.View(context.Background(), w.Dir)
	if err != nil {
		w.T.Fatal(err)
	}
	defer job.Close()
	var got []plan.Hash
	for r, err := range job.Results(context.Background()) {
		if err != nil {
			w.T.Fatal(err)
		}
		if r.Mapped {
			got = append(got, r.Hash)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.T.Errorf("got %v in the mapping, want %v", got, want)
	}
}

// The copy was seen, the deletion's answer got lost, and meanwhile somebody
// removed the copy: what the first look said no longer counts. Of a deletion that
// took effect it is told that the copy is gone.
func TestLostDeleteOfUnseenCopy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault, want string
		kept        bool
	}{
		{"cut", "failed copy_unseen", true},
		{"null", "failed copy_unseen", true},
		{"2", "failed copy_unseen", true},
		{"cut_after", "failed copy_unseen", false},
	} {
		t.Run(test.fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
					{Match: sandbox.Match{Kind: sandbox.Delete, Hash: string(jobtest.Hash("a")), Nth: 1}, Fault: sandbox.Fault{Name: test.fault}},
				}})
				w.Has("11", "a", "b")
				w.Has("22")
				w.Manifest("move 11 a 22", "move 11 b 22") // two deletions make a batch
				w.Wire.After = func(calls []graph.Call) {
					for _, c := range calls {
						if c.Action == graph.ActionDelete && c.Hash == string(jobtest.Hash("a")) {
							w.Server.AddImage("22", sandbox.Image{Hash: c.Hash, Status: sandbox.Deleted})
						}
					}
				}
				w.Finish(engine.Options{BatchSize: 50})
				w.Expect(test.want, "done")
				if got := w.Holds("11", "a"); got != test.kept {
					t.Errorf("the source has its image: %v, want %v", got, test.kept)
				}
				if !test.kept {
					return
				}
				wantMapped(w, jobtest.Hash("b")) // what is missed is not told to be there, and a retry copies it again
				w.Wire.After = nil
				w.Reopen()
				w.Finish(engine.Options{})
				w.Expect("done", "done")
				wantMapped(w, jobtest.Hash("a"), jobtest.Hash("b"))
				jobtest.WantHolds(t, w, "!11 a", "22 a", "!11 b", "22 b")
			})
		})
	}
}

func TestNoDeleteWhileTargetFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Copy, Account: "22"}, Fault: sandbox.Fault{Name: "200"}},
			// The confirmation takes its time: the copies fail meanwhile.
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "22", Hash: string(jobtest.Hash("a")), Nth: 2, Count: 2}, Fault: sandbox.Fault{Name: "2"}},
		}})
		w.Has("11", "a", "b", "c", "d", "e")
		w.Has("22", "a")
		w.Manifest("move 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22", "copy 11 e 22")
		w.Finish(engine.Options{})
		w.Expect("failed copied_not_deleted", "failed denied", "failed denied", "failed denied", "failed denied")
		jobtest.WantHolds(t, w, "11 a", "22 a")
	})
}

func TestSettledDeleteStaysSettled(t *testing.T) {
	t.Parallel()
	for _, unreadable := range []string{"22", "33"} {
		for nth := 2; nth <= 3; nth++ {
			t.Run(fmt.Sprint(unreadable, " read ", nth), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{
						Latency: sandbox.Latency{Min: 100 * time.Millisecond, Max: 900 * time.Millisecond}, Seed: 5,
						Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Read, Account: unreadable, Nth: nth, Count: 1}, Fault: sandbox.Fault{Name: "200"}}},
					})
					w.Has("11", "a")
					w.Has("22")
					w.Has("33")
					w.Manifest("move 11 a 22", "move 11 a 33")
					w.Finish(engine.Options{})
					failed := false
					for _, r := range w.Results() {
						if r.Status != jobs.StatusDone && r.Status != jobs.StatusFailed {
							t.Errorf("line %d: got %s, want a settled row", r.Line, r.Status)
						}
						// A copy that cannot be read again after the deletion is told of, too.
						failed = failed || r.Status == jobs.StatusFailed && r.Reason != jobs.CopyUnseen
					}
					if failed != w.Holds("11", "a") {
						t.Errorf("a row failed: %v; the source has its image: %v", failed, w.Holds("11", "a"))
					}
				})
			})
		}
	}
}

// A copy that is missed fails, and no other; a retry makes that one again, and
// leaves alone what is done.
func TestCopyMissed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows, first, holds []string
		mapped             []plan.Hash // in the end
	}{
		"one of several": {
			[]string{"move 11 a 22", "copy 11 a 33"}, []string{"failed copied_not_deleted", "failed copy_unseen"},
			[]string{"!11 a", "22 a", "33 a"}, []plan.Hash{jobtest.Hash("a"), jobtest.Hash("a")},
		},
		"end of a chain": {
			[]string{"move 11 a 22", "move 22 a 33"}, []string{"done", "failed copy_unseen"},
			[]string{"!11 a", "!22 a", "33 a"}, []plan.Hash{jobtest.Hash("a")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				w.Has("11", "a")
				w.Has("22")
				w.Has("33")
				w.Manifest(test.rows...)
				w.Wire.After = func(calls []graph.Call) {
					for _, c := range calls {
						if c.Action == graph.ActionCopy && c.Account == "33" {
							w.Server.AddImage("33", sandbox.Image{Hash: c.Hash, Status: sandbox.Deleted})
						}
					}
				}
				w.Finish(engine.Options{})
				w.Expect(test.first...)
				wantMapped(w, jobtest.Hash("a")) // in 22 alone
				w.Wire.After = nil
				w.Reopen()
				w.Finish(engine.Options{})
				w.Expect("done", "done")
				wantMapped(w, test.mapped...)
				jobtest.WantHolds(t, w, test.holds...)
				if n := w.Server.Stats().Accounts["22"].Calls[sandbox.Copy]; n != 1 {
					t.Errorf("got %d copies into the account that had its image, want 1", n)
				}
			})
		})
	}
}
