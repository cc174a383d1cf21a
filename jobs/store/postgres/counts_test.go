package postgres_test

import (
	"testing"

	"adferry/jobs"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// An operation that a worker was to carry out, and that another one did whom it gave the lane to, is
// counted as that one left it when the first worker finds that it failed.
func TestCountedAfterGiving(t *testing.T) {
	t.Parallel()
	d := migrated(t, pgtest.Common(t))
	submitted(t, d, "j", "operation,source_account,hash,target_account\ncopy,11,0123456789abcdef0123456789abcdef,22\ncopy,11,0123456789abcdef0123456789abcdef,33\n")
	a, b := openShared(t, join(t, d, "a"), "j"), openShared(t, join(t, d, "b"), "j")
	claim := func(lane plan.Account) plan.OpID {
		t.Helper()
		take(t, a, lane)
		all, err := a.Claim(t.Context(), jobs.Claim{Lane: lane, UpTo: 1 << 30, Most: 10})
		if err != nil || len(all) != 1 {
			t.Fatalf("got %v, %v", all, err)
		}
		return all[0].ID
	}
	commit := func(job jobs.Checkpoint, id plan.OpID, s jobs.State) {
		t.Helper()
		if _, err := job.Commit(t.Context(), jobs.Change{Records: []jobs.Record{{ID: id, Needed: true, Outcome: jobs.Outcome{State: s, Attempts: 1}}}}); err != nil {
			t.Fatal(err)
		}
	}
	kept, moved := claim("33"), claim("22")
	if err := a.Give(t.Context(), "22"); err != nil {
		t.Fatal(err)
	}
	take(t, b, "22")
	commit(a, kept, jobs.Sent)
	commit(b, moved, jobs.Done)
	commit(a, moved, jobs.Failed)
	storetest.WantCounted(t, a.Stored())
}
