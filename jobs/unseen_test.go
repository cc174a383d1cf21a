package jobs_test

import (
	"testing"
	"testing/synctest"

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
