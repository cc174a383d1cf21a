package engine

import (
	"cmp"
	"fmt"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// The outcomes that end a task: from what was read, or from what went wrong.

// settlePresent ends a copy or upload whose image is in the target. If one of its writes
// may have brought the image, it was absent before.
func (t *task) settlePresent(hash plan.Hash) step {
	o := t.Outcome
	o.TargetHash = hash
	if t.tried() {
		o.State, o.Created = jobs.Done, creatorOf(o, true, t.known[slotTarget].Since) == creatorJob
		t.countEarlierAttempt(&o)
	} else {
		o.State, o.Reason = jobs.Skipped, jobs.AlreadyPresent
	}
	return success(o)
}

// settleAbsent ends a delete whose image is not in the source any more.
func (t *task) settleAbsent() step {
	o := t.Outcome
	if t.tried() || t.deleted {
		o.State, o.Tried = jobs.Done, true
		t.countEarlierAttempt(&o)
	} else {
		o.State, o.Reason = jobs.Skipped, jobs.AlreadyAbsent
	}
	return success(o)
}

// tried reports whether a write of the task may have caused what was read, including
// one whose answer was lost before a later one was throttled or refused.
func (t *task) tried() bool { return t.lost || t.Outcome.Tried }

// countEarlierAttempt adds the attempt of an earlier process, or from before a retry, that turned out
// to have taken effect.
func (t *task) countEarlierAttempt(o *jobs.Outcome) {
	if t.uncounted || o.Attempts == 0 {
		o.Attempts++
	}
}

func (t *task) failGaveUp() step {
	o := t.Outcome
	o.State, o.Reason, o.Tried = jobs.Failed, jobs.GaveUp, t.tried()
	blame(&o, t.last)
	return step{kind: stepSettle, outcome: o}
}

// fail ends the task as failed, with the API's error if there was one.
func (t *task) fail(r jobs.Reason, message string) step {
	o := t.Outcome
	o.State, o.Reason, o.Tried = jobs.Failed, r, t.tried()
	blame(&o, t.last)
	o.Message = message
	return step{kind: stepSettle, outcome: o}
}

// failUnseen fails a delete because some places do not show the copies of its image, and
// fails those copies. If the places could not be read, why says so.
func (t *task) failUnseen(places []place, why string) step {
	var s step
	var missed []jobs.Operation
	for _, p := range places {
		message := fmt.Sprintf("it was reported done and %s %s", p.account.Act(), cmp.Or(why, "does not show it"))
		s = t.fail(jobs.CopyUnseen, "its copy: "+message)
		missed = append(missed, t.unseenCopy(p, message))
	}
	s.unseenCopies = missed
	return s
}

// settleVanished ends a delete that took effect, and fails the copies that were seen
// before it was sent and are not shown any more.
func (t *task) settleVanished(places []place, why string) step {
	s := t.settleAbsent()
	for _, p := range places {
		s.unseenCopies = append(s.unseenCopies, t.unseenCopy(p, fmt.Sprintf("it was seen before the image was deleted from %s, and now %s %s",
			t.Source.Act(), p.account.Act(), cmp.Or(why, "does not show it"))))
	}
	return s
}

func (t *task) unseenCopy(p place, message string) jobs.Operation {
	n := t.Needs[p.copy]
	n.Outcome.State, n.Outcome.Reason, n.Outcome.Message = jobs.Failed, jobs.CopyUnseen, message
	return n
}

// unseen are the places that are known not to show their copy.
func (t *task) unseen() (all []place) {
	for i, p := range t.places {
		if p.copy != witness && t.known[slotCopies+i].Known == evidence.Absent {
			all = append(all, p)
		}
	}
	return all
}

// success ends the task well: what went wrong before is not reported.
func success(o jobs.Outcome) step {
	o.Code, o.Subcode, o.Message, o.TraceID = 0, 0, "", ""
	return step{kind: stepSettle, outcome: o}
}

// blame puts an API error into the outcome.
func blame(o *jobs.Outcome, e *graph.Error) {
	if e == nil {
		return
	}
	o.Code, o.Subcode, o.Message, o.TraceID = e.Code, e.Subcode, e.Detail(), e.TraceID
}
