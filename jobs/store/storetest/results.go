package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/plan"
)

func testResults(t *testing.T, w world) {
	job := w.create("j", moves)
	commit(t, job, records(jobs.Done, find(t, job, plan.KindCopy, "11", "22")))
	commit(t, job, jobs.Change{Records: []jobs.Record{{ID: find(t, job, plan.KindCopy, "44", "22"), Outcome: jobs.Outcome{State: jobs.Skipped, Reason: jobs.AlreadyPresent, TargetHash: imageC}}}})
	type row struct {
		Line   int
		Record string
		Status jobs.Status
		Reason jobs.Reason
	}
	var got []row
	var mapped []jobs.Mapping
	for r, err := range job.Results(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row{r.Line, r.Record, r.Fate.Status, r.Fate.Reason})
		if r.Mapped {
			mapped = append(mapped, r.Mapping())
		}
	}
	want := []row{
		{2, "move,11," + imageA + ",22,\"a, b\"", jobs.StatusPending, ""},
		{3, "move,11," + imageA + ",33,", jobs.StatusPending, ""},
		{4, "copy,44," + imageB + ",22,ü", jobs.StatusSkipped, jobs.AlreadyPresent},
	}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(mapped, []jobs.Mapping{{Source: "11", SourceHash: imageA, Target: "22"}, {Source: "44", SourceHash: imageB, Target: "22", TargetHash: imageC}}); d != "" {
		t.Error(d)
	}
	WantCounted(t, job)
}

func testUndo(t *testing.T, w world) {
	job := w.create("j", moves)
	a, b, c := find(t, job, plan.KindCopy, "11", "22"), find(t, job, plan.KindCopy, "11", "33"), find(t, job, plan.KindCopy, "44", "22")
	commit(t, job, jobs.Change{Records: []jobs.Record{
		{ID: a, Outcome: jobs.Outcome{State: jobs.Done, Created: true, TargetHash: imageC, LastSent: at(1)}},
		{ID: b, Outcome: jobs.Outcome{State: jobs.Sent, LastSent: at(7)}},
		{ID: c, Outcome: jobs.Outcome{State: jobs.Done, Created: true, TargetHash: imageC, LastSent: at(2)}},
	}})
	changes := 0
	for _, err := range job.Changes(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		changes++
	}
	if changes != 3 {
		t.Errorf("got %d changes, want 3", changes)
	}
	rivals, err := job.Rivals(t.Context())
	if err != nil || len(rivals) != 2 || rivals[0].ID != a || rivals[1].ID != c {
		t.Errorf("got %v, %v, want the two that created one image", rivals, err)
	}
	if n, last, err := job.InDoubt(t.Context(), at(0)); err != nil || n != 1 || last != at(7) {
		t.Errorf("got %d in doubt, the last at %v, %v, want 1 at %v", n, last, err, at(7))
	}
	if n, err := job.LostHashes(t.Context()); err != nil || n != 1 {
		t.Errorf("got %d lost hashes, %v, want 1", n, err)
	}
	waiting, err := job.Dependents(t.Context(), b)
	if err != nil || len(waiting) != 1 || waiting[0].Kind != plan.KindDelete {
		t.Errorf("got %v, %v, want the deletion", waiting, err)
	}
}

func testExpectations(t *testing.T, w world) {
	job := w.create("j", moves+"move,11,"+imageA+",22,again\n")
	commit(t, job, records(jobs.Done, 1, 2, 3, 4))
	x, err := job.Expectations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if n, err := x.Count(t.Context()); err != nil || n != 4 {
		t.Errorf("got %d expectations, %v, want 4", n, err)
	}
	got := expected(t, x)
	del := find(t, job, plan.KindDelete, "11", "")
	want := []jobs.Expectation{
		{Account: "11", Hash: imageA, At: at(int64(del)), Line: 5},
		{Account: "22", Hash: imageA, Present: true, At: at(int64(find(t, job, plan.KindCopy, "11", "22"))), Line: 2},
		{Account: "22", Hash: imageB, Present: true, At: at(int64(find(t, job, plan.KindCopy, "44", "22"))), Line: 4},
		{Account: "33", Hash: imageA, Present: true, At: at(int64(find(t, job, plan.KindCopy, "11", "33"))), Line: 3},
	}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
}

func testCounts(t *testing.T, w world) {
	for seed := range uint64(4) {
		name := string(rune('a' + seed))
		job := w.create(name, Tangled)
		Play(t, job, seed)
		WantCounted(t, job)
		job = w.again(job, name)
		WantCounted(t, job)
	}
}
