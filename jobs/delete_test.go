package jobs_test

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
	"adferry/jobs/store"
	"adferry/plan"
)

// mapped wants the mapping to have these images, whatever their order.
func wantMapped(w *world, want ...plan.Hash) {
	w.t.Helper()
	job, err := store.View(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	var got []plan.Hash
	for m, err := range job.Mappings(context.Background()) {
		if err != nil {
			w.t.Fatal(err)
		}
		got = append(got, m.SourceHash)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("got %v in the mapping, want %v", got, want)
	}
}

// The copy was seen, the deletion's answer got lost, and meanwhile somebody
// removed the copy: what the first look said no longer counts. Of a deletion that
// took effect it is told that the copy is gone.
func TestLostDeleteOfUnseenCopy(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{
					{Match: sandbox.Match{Kind: sandbox.Delete, Hash: string(hash("a")), Nth: 1}, Fault: sandbox.Fault{Name: test.fault}},
				}})
				w.has("11", "a", "b")
				w.has("22")
				w.manifest("move 11 a 22", "move 11 b 22") // two deletions make a batch
				w.api.after = func(calls []graph.Call) {
					for _, c := range calls {
						if c.Action == graph.ActionDelete && c.Hash == string(hash("a")) {
							w.server.AddImage("22", sandbox.Image{Hash: c.Hash, Status: sandbox.Deleted})
						}
					}
				}
				if err := w.run(jobs.Options{BatchSize: 50}); err != nil {
					t.Fatal(err)
				}
				w.expect(test.want, "done")
				if got := w.holds("11", "a"); got != test.kept {
					t.Errorf("the source has its image: %v, want %v", got, test.kept)
				}
				if !test.kept {
					return
				}
				wantMapped(w, hash("b")) // what is missed is not told to be there, and a retry copies it again
				w.api.after = nil
				w.reopen()
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				w.expect("done", "done")
				wantMapped(w, hash("a"), hash("b"))
				wantHolds(t, w, "!11 a", "22 a", "!11 b", "22 b")
			})
		})
	}
}

func TestNoDeleteWhileTargetFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Copy, Account: "22"}, Fault: sandbox.Fault{Name: "200"}},
			// The sighting takes its time: the copies fail meanwhile.
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "22", Hash: string(hash("a")), Nth: 2, Count: 2}, Fault: sandbox.Fault{Name: "2"}},
		}})
		w.has("11", "a", "b", "c", "d", "e")
		w.has("22", "a")
		w.manifest("move 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22", "copy 11 e 22")
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		w.expect("failed copied_not_deleted", "failed denied", "failed denied", "failed denied", "failed denied")
		wantHolds(t, w, "11 a", "22 a")
	})
}

func TestSettledDeleteStaysSettled(t *testing.T) {
	for _, unreadable := range []string{"22", "33"} {
		for nth := 2; nth <= 3; nth++ {
			t.Run(fmt.Sprint(unreadable, " read ", nth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{
						Latency: sandbox.Latency{Min: 100 * time.Millisecond, Max: 900 * time.Millisecond}, Seed: 5,
						Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Read, Account: unreadable, Nth: nth, Count: 1}, Fault: sandbox.Fault{Name: "200"}}},
					})
					w.has("11", "a")
					w.has("22")
					w.has("33")
					w.manifest("move 11 a 22", "move 11 a 33")
					if err := w.run(jobs.Options{}); err != nil {
						t.Fatal(err)
					}
					failed := false
					for _, r := range w.results() {
						if r.Status != jobs.StatusDone && r.Status != jobs.StatusFailed {
							t.Errorf("line %d: got %s, want a settled row", r.Line, r.Status)
						}
						// A copy that cannot be read again after the deletion is told of, too.
						failed = failed || r.Status == jobs.StatusFailed && r.Reason != jobs.CopyUnseen
					}
					if failed != w.holds("11", "a") {
						t.Errorf("a row failed: %v; the source has its image: %v", failed, w.holds("11", "a"))
					}
				})
			})
		}
	}
}

// A copy that is missed fails, and no other; a retry makes that one again, and
// leaves alone what is done.
func TestCopyMissed(t *testing.T) {
	for name, test := range map[string]struct {
		rows, first, holds []string
		mapped             []plan.Hash // in the end
	}{
		"one of several": {
			[]string{"move 11 a 22", "copy 11 a 33"}, []string{"failed copied_not_deleted", "failed copy_unseen"},
			[]string{"!11 a", "22 a", "33 a"}, []plan.Hash{hash("a"), hash("a")},
		},
		"end of a chain": {
			[]string{"move 11 a 22", "move 22 a 33"}, []string{"done", "failed copy_unseen"},
			[]string{"!11 a", "!22 a", "33 a"}, []plan.Hash{hash("a")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				w.has("11", "a")
				w.has("22")
				w.has("33")
				w.manifest(test.rows...)
				w.api.after = func(calls []graph.Call) {
					for _, c := range calls {
						if c.Action == graph.ActionCopy && c.Account == "33" {
							w.server.AddImage("33", sandbox.Image{Hash: c.Hash, Status: sandbox.Deleted})
						}
					}
				}
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				w.expect(test.first...)
				wantMapped(w, hash("a")) // in 22 alone
				w.api.after = nil
				w.reopen()
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				w.expect("done", "done")
				wantMapped(w, test.mapped...)
				wantHolds(t, w, test.holds...)
				if n := w.server.Stats().Accounts["22"].Calls[sandbox.Copy]; n != 1 {
					t.Errorf("got %d copies into the account that had its image, want 1", n)
				}
			})
		})
	}
}
