package engine

import (
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// A copy got another hash in 22, was passed on from there to 33, and then was not seen in
// 22 any more. Under the hash that the row names, 22 may have an image of its own: the
// deletion in 22 must neither read nor delete that one.
func TestDeleteAfterVanishedCopy(t *testing.T) {
	t.Parallel()
	const named, landed = plan.Hash("0123456789abcdef0123456789abcdef"), plan.Hash("fedcba9876543210fedcba9876543210")
	into := jobs.Operation{
		Op:      plan.Op{ID: 1, Kind: plan.KindCopy, Source: "11", Hash: named, Target: "22"},
		Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.CopyUnseen, TargetHash: landed},
	}
	out := jobs.Operation{
		Op:      plan.Op{ID: 2, Kind: plan.KindCopy, Source: "22", Hash: named, Target: "33"},
		Outcome: jobs.Outcome{State: jobs.Done, TargetHash: landed},
	}
	op := jobs.Operation{Op: plan.Op{ID: 3, Kind: plan.KindDelete, Source: "22", Hash: named}, Needs: []jobs.Operation{into, out}}
	now := time.Now()
	home := New(nil, nil, Options{}).lane("22")

	if s := newTask(op, home).next(now, 5); s.kind != stepSettle || s.outcome.Reason != jobs.DependencyFailed {
		t.Errorf("before a write: got step %d, %+v, want it to fail", s.kind, s.outcome)
	}
	op.Outcome.State = jobs.Sent // its answer was lost
	lost := newTask(op, home)
	if s := lost.next(now, 5); s.kind != stepRead || s.queries[0].hash != landed {
		t.Errorf("after a lost answer: got step %d, %+v, want %s to be read", s.kind, s.queries, landed)
	}
	lost.known[slotSource] = evidence.Observation{Known: evidence.Seen, Sent: now}
	if s := lost.next(now, 5); s.kind != stepSettle || s.outcome.Reason != jobs.DependencyFailed {
		t.Errorf("after a lost answer that had no effect: got step %d, %+v, want it to fail", s.kind, s.outcome)
	}
	if call := lost.write(); call.Hash != string(landed) {
		t.Errorf("got a delete of %s, want one of %s", call.Hash, landed)
	}
}
