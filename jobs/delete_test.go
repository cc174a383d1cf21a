package jobs_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
)

// The copy was seen, the deletion's answer got lost, and meanwhile somebody
// removed the copy: what the first look said no longer counts. A deletion that
// took effect is done all the same.
func TestLostDeleteOfUnseenCopy(t *testing.T) {
	for _, test := range []struct {
		fault, want string
		kept        bool
	}{
		{"cut", "failed copied_not_deleted", true},
		{"null", "failed copied_not_deleted", true},
		{"2", "failed copied_not_deleted", true},
		{"cut_after", "done", false},
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
						failed = failed || r.Status == jobs.StatusFailed
					}
					if failed != w.holds("11", "a") {
						t.Errorf("a row failed: %v; the source has its image: %v", failed, w.holds("11", "a"))
					}
				})
			})
		}
	}
}
