package jobs

import (
	"fmt"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// The ends that a task comes to, as outcomes: by what reading shows, or by what went
// wrong.

// there settles a copy or upload whose image the target has.
func (t *task) there(hash plan.Hash) step {
	o := t.Outcome
	o.TargetHash = hash
	if t.tried() { // it was absent before the write left
		o.State, o.Created = Done, true
		t.count(&o)
	} else {
		o.State, o.Reason = Skipped, AlreadyPresent
	}
	return settle(o)
}

// gone settles a delete whose image the source no longer has.
func (t *task) gone() step {
	o := t.Outcome
	if t.tried() || t.deleted {
		o.State, o.Tried = Done, true
		t.count(&o)
	} else {
		o.State, o.Reason = Skipped, AlreadyAbsent
	}
	return settle(o)
}

// tried reports whether a write may have brought about what reading shows: also
// one that was lost before a later one was throttled or refused.
func (t *task) tried() bool { return t.lost || t.Outcome.Tried }

// count adds the attempt of an earlier process, or of before a reopening, that
// turned out to have taken effect.
func (t *task) count(o *Outcome) {
	if t.uncounted || o.Attempts == 0 {
		o.Attempts++
	}
}

func (t *task) gaveUp() step {
	o := t.Outcome
	o.State, o.Reason, o.Tried = Failed, GaveUp, t.tried()
	blame(&o, t.last)
	return step{kind: stepSettle, outcome: o}
}

// fail settles the task as failed, with the API's words where there are some.
func (t *task) fail(r Reason, message string) step {
	o := t.Outcome
	o.State, o.Reason, o.Tried = Failed, r, t.tried()
	blame(&o, t.last)
	o.Message = message
	return step{kind: stepSettle, outcome: o}
}

// miss fails a delete whose image's copy is not to be seen, and names the copies
// of which that is so: they have failed, too.
func (t *task) miss(now time.Time) step {
	var s step
	var missed []Operation
	for i, n := range t.Needs {
		if at := t.sights[slotCopies+i]; n.Kind != plan.KindCopy || n.Source != t.Source || !at.good(now) || at.present {
			continue
		}
		message := fmt.Sprintf("its copy was reported done and %s does not show it", n.Target.Act())
		s = t.fail(CopyUnseen, message)
		n.Outcome.State, n.Outcome.Reason = Failed, CopyUnseen
		n.Outcome.Message = fmt.Sprintf("it was reported done and %s does not show it", n.Target.Act())
		missed = append(missed, n)
	}
	s.missed = missed
	return s
}

// settle is a good end: nothing is left to say of what went wrong before.
func settle(o Outcome) step {
	o.Code, o.Subcode, o.Message, o.TraceID = 0, 0, "", ""
	return step{kind: stepSettle, outcome: o}
}

// blame puts an API error into the outcome.
func blame(o *Outcome, e *graph.Error) {
	if e == nil {
		return
	}
	o.Code, o.Subcode, o.Message, o.TraceID = e.Code, e.Subcode, e.Detail(), e.TraceID
}
