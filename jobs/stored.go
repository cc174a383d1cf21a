package jobs

import (
	"time"

	"adferry/jobs/evidence"
	"adferry/plan"
)

// renamed reports whether the API stored the image under another hash than the
// one that was looked for before.
func (t *task) renamed() bool {
	hash, _ := t.sourceHash()
	return hash != t.Outcome.TargetHash
}

// nextStored is what is left of a copy or upload that the API called done under
// a hash that was not looked for before. Whether the image was there then is
// told by its age in the target: an undo must know.
func (t *task) nextStored(now time.Time) step {
	target := t.known[slotTarget]
	if !target.Recent(now, fresh) {
		return reading(want{slotTarget, t.Target, t.Outcome.TargetHash, askAge})
	}
	o := t.Outcome
	o.State = Done
	if target.Known == evidence.Absent { // an undo leaves alone what was not seen
		return settle(o)
	}
	switch makerOf(o, false, target.Since) {
	case makerJob:
		o.Created = true
	case makerOther:
		if t.Kind == plan.KindUpload {
			o.State, o.Reason = Skipped, AlreadyPresent
		}
	}
	return settle(o)
}
