package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// task is an operation in memory: what the checkpoint holds, and what was read and
// written since.
type task struct {
	jobs.Operation
	home *lane // the lane that is charged for its write

	known       []evidence.Observation // by slot, see the slots below
	waiting     int                    // lookups on their way
	onTrial     bool                   // its write is a trial of its route
	awaitsRoute bool                   // it waits for the trials of its route
	sendFirst   bool                   // its write had its turn before, and is sent first
	places      []place                // a delete: where its image has to be
	group       *group                 // a delete: those whose copies are read together with its own

	lost             bool         // a write was sent and its answer lost: its effect is unknown
	uncounted        bool         // ... in an earlier process: an attempt only if it took effect
	deleted          bool         // the API called the delete a success
	refused          bool         // the API refused the delete or copy; reading may show why
	stored           bool         // the API stored the image under a hash that was not read before
	asUpload         bool         // a copy that is carried out as an upload
	mayBeKept        bool         // a copy: a picture of its image may have been kept
	fromKept         bool         // ... and is uploaded, because the source does not have the image
	needsBackup      bool         // a delete whose image has to be backed up before
	coming           bool         // a delete that will still come to wait for a group
	confirmed        bool         // the confirmations of its copies are on disk
	deferred         bool         // it is left for a later run
	dropped          bool         // its lane was given to another worker
	readOnly         bool         // a dry run: no write is sent, so what writes would bring is absent
	doubted          bool         // the source was asked once more for an image it did not show
	picture          *picture     // for its backup or its upload; noPicture until it was downloaded
	downloadFailures int          // downloads that failed
	sourceReads      int          // times the source was read back: a delete's still showed the image, a copy's not yet
	copyMisses       int          // times a copy was not shown
	readsHeld        hold         // when the quota or a throttle last kept one of its reads from being sent
	staleCount       int          // times a confirmation was too old before the others came
	last             *graph.Error // why the write has to be tried again
	retries          dispatch.Retries
}

// The slots of task.known. A delete has one more, from slotCopies on, for each place
// where its image has to be before the delete may be sent.
const (
	slotTarget = 0 // copy, upload: the image in the target
	slotSource = 1 // copy, delete: the image in the source
	slotCopies = 2
)

// observationAge is how old an observation may be for a decision. An operation that
// waited longer in its lane is read again.
const observationAge = 10 * time.Minute

// confirmPauses are the waits before each reading of an image that the API said it
// deleted: one user saw it ACTIVE 20 s later.
var confirmPauses = [...]time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

// copyPauses are the waits before reading again a copy that should be there: a write
// is documented to be readable at once.
var copyPauses = [...]time.Duration{2 * time.Second, 10 * time.Second}

func newTask(o jobs.Operation, home *lane) *task {
	t := &task{Operation: o, home: home, places: placesOf(o), picture: noPicture}
	t.known = make([]evidence.Observation, slotCopies+len(t.places))
	t.lost = o.Outcome.State == jobs.Sent
	t.Outcome.Tried = t.Outcome.Tried || t.lost
	t.uncounted = t.lost && o.Outcome.Message == "" // an answer known to be lost was counted
	if t.lost && o.Kind == plan.KindDelete && o.Outcome.Message == saidDeleted {
		t.lost, t.deleted = false, true
	}
	t.asUpload = o.Outcome.Reason == jobs.Uploaded
	t.stored = o.Outcome.State == jobs.Sent && o.Outcome.TargetHash != "" && t.renamed()
	return t
}

// stepKind is what a task needs next.
type stepKind uint8

const (
	stepSettle  stepKind = iota // outcome is final
	stepRead                    // the queries are to be read
	stepPermit                  // a delete that lacks nothing but a permit
	stepConfirm                 // the confirmations of its copies are to be made durable
	stepDoubt                   // the source does not show the image: ask once more
	stepWait                    // read again when wait is over
	stepSend                    // the write may be sent
)

type step struct {
	kind         stepKind
	outcome      jobs.Outcome
	queries      []query
	wait         time.Duration
	copies       bool             // of a wait: it is for the copies, not for the source
	target       bool             // of a wait: it is for the target
	kept         bool             // of a send: the source does not have the image, and a picture may have been kept
	unseenCopies []jobs.Operation // copies that are to fail, because they are not shown any more
}

// query is an image to be read for a task's slot.
type query struct {
	slot    int
	account plan.Account
	hash    plan.Hash
	asks    asks
}

// next is what the task needs now, as a pure function of what is known of it.
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
	case t.readOnly && t.Op.Needs: // an earlier link of its chain would bring the image
	case !source.Recent(now, observationAge) || t.asUpload && source.Known == evidence.Seen && source.Image == nil:
		return readStep(query{slotSource, t.Source, hash, t.sourceAsks()})
	case source.Known == evidence.Absent && !t.doubted && !t.readOnly:
		return step{kind: stepDoubt}
	case source.Known == evidence.Absent && t.comesFromJob() && !t.readOnly && t.sourceReads < len(copyPauses):
		return step{kind: stepWait, wait: copyPauses[t.sourceReads]}
	case source.Known == evidence.Absent && t.mayBeKept:
		return step{kind: stepSend, kept: true}
	case source.Known == evidence.Absent:
		return t.fail(jobs.NotFound, t.sourceLacks())
	case t.refused: // although the image is there
		return t.fail(reasonOf(t.last), t.last.Detail())
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

// sourceLacks says that the image is not in the source.
func (t *task) sourceLacks() string { return t.Source.Act() + " does not have the image" }

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
	case t.asUpload:
		a = askPicture
	}
	return a
}

func readStep(w ...query) step { return step{kind: stepRead, queries: w} }

// uploads reports whether the task's write sends the bytes of an image.
func (t *task) uploads() bool { return t.Kind == plan.KindUpload || t.asUpload }

// sourceHash is the hash under which the source has the image. In a chain of copies it is
// the one that the copy before this one got, also if that copy is not seen any more: under
// the hash that the row names the source may have another image. failed says why that copy
// is not to be built on.
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
		h = cmp.Or(n.Outcome.TargetHash, h)
	}
	return h, failed
}

// comesFromJob reports whether the source got the image by a write of this job, which may be shown
// late.
func (t *task) comesFromJob() bool {
	return slices.ContainsFunc(t.Needs, func(n jobs.Operation) bool {
		return n.Kind != plan.KindDelete && n.Target == t.Source && n.Outcome.State == jobs.Done
	})
}

// forget drops what reading said, so that it is read again.
func (t *task) forget() {
	clear(t.known)
	t.confirmed, t.doubted = false, false
}
