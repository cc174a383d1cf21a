package storetest

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/plan"
)

// guarded are two deletions, one of which has a witness.
const guarded = `operation,source_account,hash,adferry_guard
delete,11,` + imageA + `,seen=act_55/` + imageB + `
delete,11,` + imageB + `,
`

func testLabels(t *testing.T, w world) {
	w.create("j", moves)
	if labels, err := w.view("j").Labels(t.Context()); err != nil || labels != nil {
		t.Errorf("got %v, %v, want none", labels, err)
	}
	both := []map[plan.Account]string{{"11": "NORTH"}, {"11": "SOUTH"}}
	kept := make([]map[plan.Account]string, len(both))
	var all sync.WaitGroup
	for i, mine := range both {
		job := w.view("j")
		all.Go(func() {
			var err error
			if kept[i], err = job.KeepLabels(t.Context(), mine); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if d := cmp.Diff(kept[0], kept[1]); d != "" || len(kept[0]) == 0 {
		t.Errorf("two that began together remember different labels: %s", d)
	}
	job := w.view("j")
	if err := job.SetLabels(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if labels, err := job.KeepLabels(t.Context(), both[0]); err != nil || labels == nil || len(labels) > 0 {
		t.Errorf("got %v, %v, want one token for all remembered", labels, err)
	}
}

func testLaneAccounts(t *testing.T, w world) {
	for _, tt := range []struct {
		name, manifest string
		want           map[plan.Account][]plan.Account
	}{
		{"moves", moves, map[plan.Account][]plan.Account{"11": {"11", "22", "33"}, "22": {"11", "22", "44"}, "33": {"11", "33"}}},
		{"guarded", guarded, map[plan.Account][]plan.Account{"11": {"11", "55"}}},
	} {
		w.create(tt.name, tt.manifest)
		job := w.view(tt.name)
		got, err := job.LaneAccounts(t.Context())
		if d := cmp.Diff(got, tt.want); err != nil || d != "" {
			t.Errorf("%s: %v\n%s", tt.name, err, d)
		}
		for lane, want := range tt.want {
			reads, err := job.Reads(t.Context(), lane)
			reads = append(reads, lane)
			slices.Sort(reads)
			if d := cmp.Diff(slices.Compact(reads), want); err != nil || d != "" {
				t.Errorf("%s: lane %s reads: %v\n%s", tt.name, lane, err, d)
			}
		}
	}
	job := w.view("moves")
	if labels, err := job.LaneLabels(t.Context()); err != nil || labels != nil {
		t.Errorf("got %v, %v, want no labels", labels, err)
	}
	if err := job.SetLabels(t.Context(), map[plan.Account]string{"11": "NORTH", "22": "NORTH", "33": "SOUTH", "44": "EAST"}); err != nil {
		t.Fatal(err)
	}
	labels, err := job.LaneLabels(t.Context())
	if d := cmp.Diff(labels, map[plan.Account][]string{"11": {"NORTH", "SOUTH"}, "22": {"EAST", "NORTH"}, "33": {"NORTH", "SOUTH"}}); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
}
