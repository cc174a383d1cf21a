package reader_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/dispatch"
	"adferry/jobs/evidence"
	"adferry/jobs/jobtest"
	"adferry/jobs/reader"
	"adferry/plan"
)

// emptied answers its first reads with empty lists, which carry quota headers.
type emptied struct {
	dispatch.API
	left  int
	reads int
}

func (e *emptied) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	replies := e.API.Do(ctx, calls)
	for i := range replies {
		e.reads++
		if e.left > 0 {
			e.left--
			replies[i].Images, replies[i].After, replies[i].Empty = nil, "", true
		}
	}
	return replies
}

// A single empty answer does not make images absent that are expected to be there; a second
// one does, and what is not expected is not read twice.
func TestFindExpected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		expected bool
		empty    int // answers
		lost     int // images that are not there
		absent   int // images that are told to be absent
		reads    int
	}{
		{"all there", true, 0, 0, 0, 1},
		{"a false empty answer", true, 1, 0, 0, 2},
		{"one is gone", true, 0, 1, 1, 3},
		{"all are gone", true, 0, 40, 40, 2},
		{"all are gone, not expected", false, 0, 40, 40, 1},
		{"one is gone after a false answer", true, 1, 1, 1, 3},
		{"empty twice", true, 2, 0, 40, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				shelve(w, 40, "11")
				hashes := func(a plan.Account) iter.Seq2[plan.Hash, error] {
					return func(yield func(plan.Hash, error) bool) {
						for i := range 40 {
							if h := jobtest.Hash(fmt.Sprint(a, " ", i+test.lost)); !yield(h, nil) {
								return
							}
						}
					}
				}
				api := &emptied{API: w.Wire, left: test.empty}
				began, told, absent := time.Now(), 0, 0
				err := reader.New(api, dispatch.Options{}).FindExpected(t.Context(), []plan.Account{"11"}, graph.Query{Fields: []string{graph.FieldHash}}, hashes,
					func(plan.Account, plan.Hash) bool { return test.expected },
					func(f reader.Found) error {
						told++
						if f.Image == nil {
							absent++
						}
						return nil
					})
				if err != nil {
					t.Fatal(err)
				}
				if told != 40 || absent != test.absent || api.reads != test.reads {
					t.Errorf("got %d images, %d absent, after %d reads; want 40, %d, %d", told, absent, api.reads, test.absent, test.reads)
				}
				if took := time.Since(began); test.expected && absent > 0 && took < evidence.DoubtPause {
					t.Errorf("the answers that show them absent came within %v", took)
				}
			})
		})
	}
}
