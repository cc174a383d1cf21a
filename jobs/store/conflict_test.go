package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

const (
	imageA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	imageB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// fate is what became of an operation of a job, by its ID.
type fate map[plan.OpID]jobs.Outcome

var (
	isDone    = jobs.Outcome{State: jobs.Done}
	isSkipped = jobs.Outcome{State: jobs.Skipped, Reason: jobs.AlreadyPresent}
	isFailed  = jobs.Outcome{State: jobs.Failed, Reason: jobs.GaveUp}
	isSent    = jobs.Outcome{State: jobs.Sent, Tried: true}
	renamed   = jobs.Outcome{State: jobs.Done, TargetHash: imageB}
)

// What two unfinished jobs may not have to do with one image of an ad account, and
// that it does not matter which of the two asks.
func TestContradiction(t *testing.T) {
	const move, copies, gone = "move,11,%s,22", "copy,11,%s,22", "delete,22,%s,"
	for _, tt := range []struct {
		name           string
		mine, theirs   string // rows for one image
		fates, others  fate
		role, theirsIs store.Role // empty: they do not contradict each other
		reopen         bool
	}{
		{name: "a consolidation and a cleanup of its target", mine: gone, theirs: move, role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "whose copy is there already", mine: gone, theirs: move, others: fate{1: isSkipped}, role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "whose row has ended", mine: gone, theirs: move, others: fate{1: isDone, 2: isDone}, role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "whose copy is in doubt", mine: gone, theirs: move, others: fate{1: isSent}, role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "whose copy has failed", mine: gone, theirs: move, others: fate{1: isFailed, 2: isFailed}},
		{name: "whose copy failed and is tried again", mine: move, theirs: gone, fates: fate{1: isFailed, 2: isFailed}, reopen: true, role: store.CopiesTo, theirsIs: store.Deletes},
		{name: "a copy and a cleanup of its target that is over", mine: copies, theirs: gone, others: fate{1: isDone}},
		{name: "a deletion that has failed", mine: copies, theirs: gone, others: fate{1: isFailed}},
		{name: "a deletion that failed and is tried again", mine: gone, theirs: copies, fates: fate{1: isFailed}, reopen: true, role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "opposite moves", mine: move, theirs: "move,22,%s,11", role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "a move of what is still to be copied", mine: "move,11,%s,33", theirs: copies, role: store.Deletes, theirsIs: store.CopiesFrom},
		{name: "a move of what has been copied", mine: "move,11,%s,33", theirs: copies, others: fate{1: isDone}},
		{name: "two moves to two places", mine: "move,11,%s,33", theirs: move, role: store.Deletes, theirsIs: store.CopiesFrom},
		{name: "two moves to two places, copied", mine: "move,11,%s,33", theirs: move, others: fate{1: isDone}, role: store.Deletes, theirsIs: store.Deletes},
		{name: "the same deletion", mine: gone, theirs: gone, role: store.Deletes, theirsIs: store.Deletes},
		{name: "the same deletion, sent already", mine: gone, theirs: gone, others: fate{1: isSent}, role: store.Deletes, theirsIs: store.Deletes},
		{name: "the same copy", mine: copies, theirs: copies},
		{name: "moves into one place", mine: move, theirs: "move,33,%s,22"},
		{name: "an upload", mine: gone, theirs: "upload,,%s,22", role: store.Deletes, theirsIs: store.CopiesTo},
		{name: "another account", mine: "delete,33,%s,", theirs: move},
		{name: "a copy that arrived under another hash", mine: gone, theirs: move, others: fate{1: renamed}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mine, theirs := contradicting(t, tt.mine, imageA, tt.fates), contradicting(t, tt.theirs, imageA, tt.others)
			var want *store.Conflict
			if tt.role != "" {
				want = &store.Conflict{Mine: tt.role, Theirs: tt.theirsIs, Account: "22", Hash: imageA, Images: 1}
				if tt.theirsIs == store.CopiesFrom || strings.HasPrefix(tt.mine, "move") && tt.role == store.Deletes {
					want.Account = "11"
				}
			}
			got, err := mine.FindConflict(t.Context(), theirs, store.ConflictOptions{Reopen: tt.reopen})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if tt.reopen {
				return
			}
			if back, err := theirs.FindConflict(t.Context(), mine, store.ConflictOptions{}); err != nil || (back == nil) != (want == nil) {
				t.Errorf("the other way round: got %+v and %v", back, err)
			}
		})
	}
}

// Cleanups of one timer may delete the same image, and no other contradiction is theirs.
func TestContradictionOfOneTask(t *testing.T) {
	gone, again := contradicting(t, "delete,22,%s,", imageA, nil), contradicting(t, "delete,22,%s,", imageA, nil)
	if got, err := gone.FindConflict(t.Context(), again, store.ConflictOptions{SameTimer: true}); err != nil || got != nil {
		t.Errorf("got %+v and %v", got, err)
	}
	move := contradicting(t, "move,11,%s,22", imageA, nil)
	if got, err := gone.FindConflict(t.Context(), move, store.ConflictOptions{SameTimer: true}); err != nil || got == nil {
		t.Errorf("with a move: got %+v and %v", got, err)
	}
}

// An image goes by the hash that it has where it is.
func TestContradictionByNewHash(t *testing.T) {
	theirs := contradicting(t, "move,11,%s,22", imageA, fate{1: renamed})
	mine := contradicting(t, "delete,22,%s,", imageB, nil)
	if got, err := mine.FindConflict(t.Context(), theirs, store.ConflictOptions{}); err != nil || got == nil || got.Hash != imageB {
		t.Errorf("its copy: got %+v and %v", got, err)
	}
	chain := contradicting(t, "move,11,%[1]s,22\nmove,22,%[1]s,33", imageA, fate{1: renamed})
	copies := contradicting(t, "copy,22,%s,44", imageB, nil)
	if got, err := copies.FindConflict(t.Context(), chain, store.ConflictOptions{}); err != nil || got == nil || got.Theirs != store.Deletes {
		t.Errorf("a chain's second link: got %+v and %v", got, err)
	}
}

// A job can be asked about while a process runs it, and goes on unharmed.
func TestContradictionWithRunningJob(t *testing.T) {
	const n = 2000
	theirs, mine := contradicting(t, manyRows("move,11,%s,22", n), "", nil), contradicting(t, manyRows("move,22,%s,11", n), "", nil)
	if got, err := mine.FindConflict(t.Context(), theirs, store.ConflictOptions{}); err != nil || got == nil || got.Images != n {
		t.Errorf("got %+v and %v", got, err)
	}
	for _, job := range []*store.Job{theirs, mine} {
		if err := job.SetStop(t.Context(), 3, "after it"); err != nil {
			t.Errorf("it cannot be written to any more: %v", err)
		}
	}
}

// Two jobs of a million images each that have none in common to argue about, which
// takes longest.
func BenchmarkContradiction(b *testing.B) {
	const n = 1_000_000
	theirs, mine := contradicting(b, manyRows("move,11,%s,22", n), "", nil), contradicting(b, manyRows("move,33,%s,44", n), "", nil)
	for b.Loop() {
		if got, err := mine.FindConflict(b.Context(), theirs, store.ConflictOptions{}); err != nil || got != nil {
			b.Errorf("got %+v and %v", got, err)
		}
	}
}

func manyRows(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+"\n", fmt.Sprintf("%032x", uint64(i+1)*0x9e3779b97f4a7c15))
	}
	return b.String()
}

// contradicting is an open job of rows for one image.
func contradicting(t testing.TB, rows, image string, fates fate) *store.Job {
	t.Helper()
	if strings.Contains(rows, "%") {
		rows = fmt.Sprintf(rows, image)
	}
	manifest := "operation,source_account,hash,target_account,file\n" + strings.ReplaceAll(strings.TrimSpace(rows), "\n", ",x.png\n") + ",x.png\n"
	if !strings.Contains(rows, "upload") {
		manifest = strings.ReplaceAll(manifest, ",x.png\n", ",\n")
	}
	job, _, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "job"), store.Spec{
		Manifest: "manifest.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { job.Close() })
	var c jobs.Change
	for id, outcome := range fates {
		c.Records = append(c.Records, jobs.Record{ID: id, Outcome: outcome})
	}
	if _, err := job.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return job
}
