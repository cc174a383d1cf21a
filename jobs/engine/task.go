package engine

import (
	"cmp"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// task is an operation in memory: what the checkpoint holds, and what reading
// and writing have told since.
type task struct {
	jobs.Operation
	home *lane // the lane that is charged for its write

	known       []evidence.Observation // by slot, see the slots below
	waiting     int                    // looks on their way
	probing     bool                   // its write is to show whether its way is open
	awaitsRoute bool                   // it waits for those that do
	first       bool                   // its write was on its turn before, and goes first
	places      []place                // where a delete's image has to be
	group       *group                 // the deletes that it is to be permitted with
	coming      bool                   // a delete that has not come to where it waits for those

	lost          bool         // a write left and no answer tells what it did
	uncounted     bool         // ... in an earlier process: no attempt unless it took effect
	deleted       bool         // the API called the delete a success
	refused       bool         // the API refused the write, and reading may tell why
	stored        bool         // the API called the write done, under a hash that was not looked for
	detour        bool         // a copy that is carried out by uploading the image
	needsBackup   bool         // a delete whose image has to be kept before
	fetched       bool         // the picture is kept, or is in file
	file          graph.File   // of a detour
	picturePath   string       // where that file is
	sum           graph.Sum    // of the picture
	shows         plan.Hash    // the image that it was fetched as
	fetchFailures int          // times the picture could not be fetched
	confirmed     bool         // the sightings of its copies are on disk
	deferred      bool         // it cannot be read to an end in this run
	rehearsal     bool         // no write will be sent, so nothing that one would bring is there
	sourceReads   int          // times the source was read back in vain
	copyMisses    int          // times a copy was not seen
	staleCount    int          // times a sighting of a copy was too old before all were there
	doubted       bool         // that the source does not have the image was asked once more
	unheard       time.Time    // when its write last got no answer
	foreign       int          // times somebody else than the API answered its write
	last          *graph.Error // why the write has to be tried again
	policy        backoff.BackOff
}

// The slots of what is known to a task. A delete has one more for each place where
// its image has to be before it may leave (see places), from slotCopies on.
const (
	slotTarget = 0 // copy, upload: the image in the target
	slotSource = 1 // copy, delete: the image in the source
	slotCopies = 2
)

// observationAge is how long an observation is good for a decision. An operation that waited
// longer in its lane is read again.
const observationAge = 10 * time.Minute

// confirmPauses are the waits before each look at an image that the API said it
// deleted: one user saw it ACTIVE 20 s later.
var confirmPauses = [...]time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

// copyPauses are the waits before looking again for a copy that should be
// there: a write is documented to be readable at once.
var copyPauses = [...]time.Duration{2 * time.Second, 10 * time.Second}

// doubtPause is the wait before an image is asked for once more whose absence would
// settle a row for which nothing was sent: the first answer may come from a copy of
// the account that is behind.
const doubtPause = time.Second

func newTask(o jobs.Operation, home *lane) *task {
	t := &task{Operation: o, home: home, places: placesOf(o)}
	t.known = make([]evidence.Observation, slotCopies+len(t.places))
	t.lost = o.Outcome.State == jobs.Sent
	t.Outcome.Tried = t.Outcome.Tried || t.lost
	t.uncounted = t.lost && o.Outcome.Message == "" // an answer known to be lost was counted
	t.detour = o.Outcome.Reason == jobs.Uploaded
	t.stored = o.Outcome.State == jobs.Sent && o.Outcome.TargetHash != "" && t.renamed()
	return t
}

// stepKind is what a task needs next.
type stepKind uint8

const (
	stepSettle  stepKind = iota // outcome is final
	stepRead                    // wants are to be read
	stepPermit                  // a delete that lacks nothing but sightings of its copies
	stepConfirm                 // those are to be made durable
	stepDoubt                   // the source does not show the image: ask once more
	stepWait                    // nothing before wait is over; then look again
	stepSend                    // the write may go
)

type step struct {
	kind         stepKind
	outcome      jobs.Outcome
	queries      []query
	wait         time.Duration
	copies       bool             // of a wait: it is for the copies, not for the source
	target       bool             // of a wait: it is for the target
	unseenCopies []jobs.Operation // other operations that are to be settled as they are here
}

// query is an image to be read for a task's slot.
type query struct {
	slot    int
	account plan.Account
	hash    plan.Hash
	asks    asks
}

// next is what the task needs now, given all that is known of it.
func (t *task) next(now time.Time, attempts int) step {
	switch {
	case t.stored:
		return t.nextStored(now)
	case t.Kind == plan.KindCopy:
		return t.nextCopy(now, attempts)
	case t.Kind == plan.KindDelete:
		return t.nextDelete(now, attempts)
	}
	return t.nextUpload(now, attempts)
}

func (t *task) nextCopy(now time.Time, attempts int) step {
	hash, failed := t.sourceHash()
	if failed != "" {
		return t.fail(jobs.DependencyFailed, failed)
	}
	target, landing := t.known[slotTarget], cmp.Or(t.Outcome.TargetHash, hash) // one that is opened again has landed before
	switch {
	case !target.Recent(now, observationAge):
		return readStep(query{slotTarget, t.Target, landing, t.targetAsks()})
	case target.Known == evidence.Seen:
		return t.settlePresent(landing)
	case t.lost && t.Outcome.Attempts >= attempts:
		return t.failGaveUp()
	}
	source := t.known[slotSource]
	switch {
	case t.rehearsal && t.Op.Needs: // an earlier link of its chain would bring the image
	case !source.Recent(now, observationAge) || t.detour && source.Known == evidence.Seen && source.Image == nil:
		return readStep(query{slotSource, t.Source, hash, t.sourceAsks()})
	case source.Known == evidence.Absent && !t.doubted && !t.rehearsal:
		return step{kind: stepDoubt}
	case source.Known == evidence.Absent:
		return t.fail(jobs.NotFound, fmt.Sprintf("%s does not have the image", t.Source.Act()))
	}
	return step{kind: stepSend}
}

func (t *task) nextUpload(now time.Time, attempts int) step {
	if t.Hash != "" {
		switch target := t.known[slotTarget]; {
		case !target.Recent(now, observationAge):
			return readStep(query{slotTarget, t.Target, t.Hash, t.targetAsks()})
		case target.Known == evidence.Seen:
			return t.settlePresent(t.Hash)
		}
	}
	// Without an expected hash there is nothing to read by. Equal bytes get the
	// same hash, so sending them again changes nothing.
	if t.lost && t.Outcome.Attempts >= attempts {
		return t.failGaveUp()
	}
	return step{kind: stepSend}
}

// targetAsks is what has to be known of an image that is in the target: whether a
// write of this operation whose answer was lost can have brought it.
func (t *task) targetAsks() asks {
	if t.tried() {
		return askAge
	}
	return 0
}

// sourceAsks is what the write has to know of the image in its source.
func (t *task) sourceAsks() (a asks) {
	switch {
	case t.deleted: // whether it is gone
	case t.Kind == plan.KindDelete:
		a = askUse | t.ageAsks()
		if t.needsBackup {
			a |= askPicture
		}
	case t.detour:
		a = askPicture
	}
	return a
}

func readStep(w ...query) step { return step{kind: stepRead, queries: w} }

// uploads reports whether the task's write sends the bytes of an image.
func (t *task) uploads() bool { return t.Kind == plan.KindUpload || t.detour }

// sourceHash is the hash under which the source has the image. In a chain of
// copies it is the one that the copy before this one got.
func (t *task) sourceHash() (h plan.Hash, failed string) {
	h = t.Hash
	for _, n := range t.Needs {
		if n.Kind != plan.KindCopy || n.Target != t.Source {
			continue
		}
		if n.Outcome.State.OK() {
			return n.Landed(), ""
		}
		failed = fmt.Sprintf("the copy from %s that it builds on did not succeed (%s)", n.Source.Act(), n.Outcome.Reason)
	}
	return h, failed
}

// forget drops what reading said, so that it is read again.
func (t *task) forget() {
	clear(t.known)
	t.confirmed, t.doubted = false, false
}
