package store

import (
	"testing"

	"adferry/jobs"
	"adferry/plan"
)

// What was read of an operation is believed only if no transaction wrote it after it was read, or
// while it was.
func TestClaimedOperationsHold(t *testing.T) {
	t.Parallel()
	ops := make([]jobs.Operation, 5)
	for i := range ops {
		ops[i] = jobs.Operation{Op: plan.Op{ID: plan.OpID(i + 1), Kind: plan.KindCopy, Source: "11", Target: "22"}, Outcome: jobs.Outcome{State: jobs.Pending}}
	}
	ops[4].Op.Needs = true
	records := func(ids ...plan.OpID) (all []jobs.Record) {
		for _, id := range ids {
			all = append(all, jobs.Record{ID: id})
		}
		return all
	}
	var c claimed
	c.wrote(records(1, 2, 3))
	c.begin()
	c.wrote(records(2))
	c.add(ops, false)
	c.wrote(records(3))
	all := c.take()
	for id, want := range map[plan.OpID]bool{1: true, 2: false, 3: false, 4: true, 5: false} {
		if got, ok := all[id]; !ok || got.holds != want {
			t.Errorf("operation %d: got %+v, claimed %t, want that it holds: %t", id, got, ok, want)
		}
	}
	c.begin()
	c.forget()
	c.add(ops[:1], false)
	c.begin()
	c.add(ops[1:2], true)
	for id, op := range c.take() {
		if op.holds {
			t.Errorf("operation %d holds, although the job was altered, or is shared", id)
		}
	}
}
