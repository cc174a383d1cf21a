package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// permitAge is how old a confirmation may be when the delete is sent, counted from when
// its read was sent. A delete that was held back longer, by a park, the disk or a full
// pool, has its copies read again: somebody may have deleted one.
const permitAge = 10 * time.Second

// place is where a delete's image has to be before the delete may be sent.
type place struct {
	account plan.Account
	hash    plan.Hash
	copy    int // index in Needs of the copy that brought it there, or witness
}

// witness is the place that a guard names: the image was there before the job.
const witness = -1

// placesOf are the targets of the copies out of a delete's image, and the witness of
// its guard.
func placesOf(o jobs.Operation) (all []place) {
	if o.Kind != plan.KindDelete {
		return nil
	}
	for i, n := range o.Needs {
		if n.Kind == plan.KindCopy && n.Source == o.Source {
			all = append(all, place{n.Target, n.Landed(), i})
		}
	}
	if g := o.Guard; g.Witness != "" {
		all = append(all, place{g.Witness, g.WitnessHash, witness})
	}
	return all
}

// nextDelete has the source and the copies read together with those of other deletes,
// as soon as all of them could be sent.
func (t *task) nextDelete(now time.Time, attempts int) step {
	hash, failed := t.sourceHash()
	source := t.known[slotSource]
	lookup := readStep(query{slotSource, t.Source, hash, t.sourceAsks()})
	if t.lost { // an earlier write may have taken effect: that comes first
		switch {
		case !source.Recent(now, observationAge):
			return lookup
		case source.Known == evidence.Absent:
			return t.nextGone()
		}
	}
	if copied := t.failedCopy(); copied != nil && !t.deleted {
		return t.fail(jobs.DependencyFailed, fmt.Sprintf("its copy to %s did not succeed (%s)", copied.Target.Act(), copied.Outcome.Reason))
	}
	if failed != "" && !t.deleted {
		return t.fail(jobs.DependencyFailed, failed)
	}
	if earlier := t.failedDeletion(); earlier != nil && !t.deleted {
		return t.fail(jobs.DependencyFailed, fmt.Sprintf("it was moved here from %s, where it could not be deleted (%s); when that is tried again, it has to be seen here",
			earlier.Source.Act(), earlier.Outcome.Reason))
	}
	if !source.Recent(now, observationAge) && t.joins() {
		if t.group == nil {
			return step{kind: stepPermit}
		}
		lookup.queries = append(lookup.queries, t.unconfirmed(now)...)
	}
	switch {
	case !source.Recent(now, observationAge):
		return lookup
	case source.Known == evidence.Absent:
		return t.nextGone()
	case t.deleted && t.sourceReads < len(confirmPauses):
		return step{kind: stepWait, wait: confirmPauses[t.sourceReads]}
	case t.deleted:
		return t.fail(jobs.DeleteUnconfirmed, fmt.Sprintf("the API reported success, but %s still shows the image", t.Source.Act()))
	case t.notCreatedHere(now):
		o := t.Outcome
		o.State, o.Reason = jobs.Skipped, jobs.NotCreatedHere
		return success(o)
	case source.Use != graph.Unused:
		return t.failInUse(source)
	case t.refused:
		// The image is there and may be read. Use is the only documented reason to
		// refuse a delete, and the list of creatives is documented to be incomplete.
		return t.fail(jobs.InUse, t.last.Detail())
	case t.lost && t.Outcome.Attempts >= attempts:
		return t.failGaveUp()
	}
	return t.nextPermit(now)
}

// joins reports whether the delete's source is read in a group together with its copies.
// After a lost answer or a refusal it is read as soon as possible, and so it is if the
// image has to be backed up first.
func (t *task) joins() bool {
	return len(t.places) > 0 && !t.readOnly && !t.lost && !t.deleted && !t.refused && !t.needsPicture()
}

// unconfirmed are the places whose confirmation is not recent enough.
func (t *task) unconfirmed(now time.Time) (queries []query) {
	for i, p := range t.places {
		if !t.known[slotCopies+i].Recent(now, permitAge) {
			queries = append(queries, query{slotCopies + i, p.account, p.hash, t.ageAsks()})
		}
	}
	return queries
}

// nextPermit is what a delete needs that lacks nothing but a permit.
func (t *task) nextPermit(now time.Time) step {
	switch {
	case t.readOnly: // the copies were not made
		return step{kind: stepSend}
	case t.staleCount > mostStale:
		return t.fail(jobs.GaveUp, fmt.Sprintf("not deleted: its copies must be seen at most %v before the deletion, and answers or the disk take too long", permitAge))
	}
	for i := range t.places {
		if o := t.known[slotCopies+i]; o.Recent(now, permitAge) && o.Known == evidence.Absent {
			return t.retryCopies()
		}
	}
	switch missing := t.unconfirmed(now); {
	case len(missing) > 0 && t.group == nil:
		return step{kind: stepPermit}
	case len(missing) > 0:
		return step{kind: stepRead, queries: missing}
	case !t.confirmed && len(t.places) > 0:
		return step{kind: stepConfirm}
	}
	return step{kind: stepSend}
}

// nextGone is what a delete needs whose image is not in the source any more. If this
// operation may have deleted it, its copies are read once more: whoever deleted one
// meanwhile could not know that it was about to be the last.
func (t *task) nextGone() step {
	switch {
	case !t.tried() && !t.deleted && !t.doubted && !t.readOnly:
		return step{kind: stepDoubt}
	case !t.tried() && !t.deleted:
		return t.settleAbsent()
	}
	after := step{kind: stepRead}
	for i, p := range t.places {
		switch o := t.known[slotCopies+i]; {
		case p.copy == witness || !t.Needs[p.copy].Outcome.State.OK():
		case o.Known == evidence.NotKnown || o.Sent.Before(t.known[slotSource].Sent):
			after.queries = append(after.queries, query{slotCopies + i, p.account, p.hash, 0})
		case o.Known == evidence.Absent:
			return t.retryCopies()
		}
	}
	if len(after.queries) > 0 {
		return after
	}
	return t.settleAbsent()
}

// retryCopies reads copies again that should be there, and fails after some times.
func (t *task) retryCopies() step {
	if t.copyMisses < len(copyPauses) {
		return step{kind: stepWait, wait: copyPauses[t.copyMisses], copies: true}
	}
	if t.known[slotSource].Known == evidence.Absent {
		return t.settleVanished(t.unseen(), "")
	}
	missing := t.unseen()
	if len(missing) == 0 {
		return t.fail(jobs.LastCopy, fmt.Sprintf("not deleted: %s no longer shows the image, so this may be the last copy", t.Guard.Witness.Act()))
	}
	return t.failUnseen(missing, "")
}

// failInUse fails a delete because of what its last read said of the image's use, and keeps
// the creatives that it named: they have to be re-pointed, also if the image cannot be read
// any more by then.
func (t *task) failInUse(source evidence.Observation) step {
	s := t.fail(jobs.InUse, inUse[source.Use])
	s.outcome.Creatives = strings.Join(source.Users, " ")
	return s
}

// inUse says why an image is not deleted unless it is known to be unused.
var inUse = map[graph.Use]string{
	graph.Used:       "an ad creative uses the image",
	graph.UseUnknown: "the API does not tell whether an ad creative uses the image",
}

// failedCopy is a copy of the delete's image that did not succeed, or nil.
func (t *task) failedCopy() *jobs.Operation {
	for _, p := range t.places {
		if p.copy == witness {
			continue
		}
		if n := &t.Needs[p.copy]; !t.readOnly && !n.Outcome.State.OK() {
			return n
		}
	}
	return nil
}

// failedDeletion is a deletion of the image in an account that it was moved from, which did not
// succeed, or nil.
func (t *task) failedDeletion() *jobs.Operation {
	i := slices.IndexFunc(t.Needs, func(n jobs.Operation) bool { return n.Kind == plan.KindDelete && n.Outcome.State == jobs.Failed })
	if i < 0 || t.readOnly {
		return nil
	}
	return &t.Needs[i]
}

// confirmations are when the copies of a delete's image were seen.
func (t *task) confirmations() (all []jobs.Confirmation) {
	for i, p := range t.places {
		if p.copy != witness {
			all = append(all, jobs.Confirmation{ID: t.Needs[p.copy].ID, At: t.known[slotCopies+i].Sent})
		}
	}
	return all
}
