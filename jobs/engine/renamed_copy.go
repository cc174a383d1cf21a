package engine

import (
	"fmt"
	"time"

	"adferry/jobs"
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
	if !target.Recent(now, observationAge) {
		return readStep(query{slotTarget, t.Target, t.Outcome.TargetHash, askAge})
	}
	o := t.Outcome
	o.State = jobs.Done
	switch {
	case target.Known == evidence.Seen:
	case t.copyMisses < len(copyPauses):
		return step{kind: stepWait, wait: copyPauses[t.copyMisses], target: true}
	default:
		return t.fail(jobs.CopyUnseen, t.storedUnseen("does not show it"))
	}
	switch creatorOf(o, false, target.Since) {
	case creatorJob:
		o.Created = true
	case creatorOther:
		if t.Kind == plan.KindUpload {
			o.State, o.Reason = jobs.Skipped, jobs.AlreadyPresent
		}
	}
	return success(o)
}

// storedUnseen says that the image is not seen under the hash that the API gave it.
func (t *task) storedUnseen(why string) string {
	return fmt.Sprintf("the API said that it stored the image as %s, and %s %s", t.Outcome.TargetHash, t.Target.Act(), why)
}
