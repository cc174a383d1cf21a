package jobs

import (
	"cmp"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/plan"
)

// task is an operation in memory: what the checkpoint holds, and what reading
// and writing have told since.
type task struct {
	Operation
	home *lane // the lane that is charged for its write

	sights  []sight // by slot, see the slots below
	waiting int     // looks on their way
	trying  bool    // its write is to show whether its way is open
	queued  bool    // it waits for those that do
	first   bool    // its write was on its turn before, and goes first

	lost      bool         // a write left and no answer tells what it did
	uncounted bool         // ... in an earlier process: no attempt unless it took effect
	deleted   bool         // the API called the delete a success
	refused   bool         // the API refused the write, and reading may tell why
	stored    bool         // the API called the write done, under a hash that was not looked for
	detour    bool         // a copy that is carried out by uploading the image
	keep      bool         // a delete whose image has to be kept before
	fetched   bool         // the picture is kept, or is in file
	file      graph.File   // of a detour
	spooled   string       // where that file is
	fetchless int          // times the picture could not be fetched
	seen      bool         // the sightings are on disk
	stranded  bool         // it cannot be read to an end in this run
	rehearsal bool         // no write will be sent, so nothing that one would bring is there
	looked    int          // times it was read back in vain
	last      *graph.Error // why the write has to be tried again
	policy    backoff.BackOff
}

// The slots of a task's sights. A delete has one more for each copy out of its
// image, from slotCopies on.
const (
	slotTarget = 0 // copy, upload: the image in the target
	slotSource = 1 // copy, delete: the image in the source
	slotCopies = 2
)

// sight is what reading said of one image in one ad account.
type sight struct {
	known   bool
	present bool
	inUse   bool
	at      time.Time
	since   time.Time    // when the account got it, by our clock; zero when not told
	image   *graph.Image // where it was asked for
}

// fresh is how long a sight is good for a decision. An operation that waited
// longer in its lane is read again.
const fresh = 10 * time.Minute

func (s sight) good(now time.Time) bool { return s.known && now.Sub(s.at) <= fresh }

// confirmPauses are the waits before each look at an image that the API said it
// deleted: one user saw it ACTIVE 20 s later.
var confirmPauses = [...]time.Duration{time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second}

// sightPauses are the waits before looking again for a copy that should be
// there: a write is documented to be readable at once.
var sightPauses = [...]time.Duration{2 * time.Second, 10 * time.Second}

func newTask(o Operation, home *lane) *task {
	t := &task{Operation: o, home: home, sights: make([]sight, slotCopies+len(o.Needs))}
	t.lost = o.Outcome.State == Sent
	t.Outcome.Tried = t.Outcome.Tried || t.lost
	t.uncounted = t.lost && o.Outcome.Message == "" // an answer known to be lost was counted
	t.detour = o.Outcome.Reason == Uploaded
	t.stored = o.Outcome.State == Sent && o.Outcome.TargetHash != "" && t.renamed()
	return t
}

// stepKind is what a task needs next.
type stepKind uint8

const (
	stepSettle stepKind = iota // outcome is final
	stepLook                   // wants are to be read
	stepSeen                   // the sightings are to be made durable
	stepWait                   // nothing before wait is over; then look again
	stepSend                   // the write may go
)

type step struct {
	kind    stepKind
	outcome Outcome
	wants   []want
	wait    time.Duration
	missed  []Operation // other operations that are to be settled as they are here
}

// want is an image to be read for a task's slot.
type want struct {
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
		return t.fail(DependencyFailed, failed)
	}
	target, landing := t.sights[slotTarget], cmp.Or(t.Outcome.TargetHash, hash) // one that is opened again has landed before
	switch {
	case !target.good(now):
		return reading(want{slotTarget, t.Target, landing, 0})
	case target.present:
		return t.there(landing)
	case t.lost && t.Outcome.Attempts >= attempts:
		return t.gaveUp()
	}
	source := t.sights[slotSource]
	switch {
	case t.rehearsal && t.Op.Needs: // an earlier link of its chain would bring the image
	case !source.good(now) || t.detour && source.present && source.image == nil:
		return reading(want{slotSource, t.Source, hash, t.sourceAsks()})
	case !source.present:
		return t.fail(NotFound, fmt.Sprintf("%s does not have the image", t.Source.Act()))
	}
	return step{kind: stepSend}
}

func (t *task) nextUpload(now time.Time, attempts int) step {
	if t.Hash != "" {
		switch target := t.sights[slotTarget]; {
		case !target.good(now):
			return reading(want{slotTarget, t.Target, t.Hash, 0})
		case target.present:
			return t.there(t.Hash)
		}
	}
	// Without an expected hash there is nothing to read by. Equal bytes get the
	// same hash, so sending them again changes nothing.
	if t.lost && t.Outcome.Attempts >= attempts {
		return t.gaveUp()
	}
	return step{kind: stepSend}
}

func (t *task) nextDelete(now time.Time, attempts int) step {
	hash, _ := t.sourceHash()
	source := t.sights[slotSource]
	if t.lost { // an earlier write may have done it: nothing else matters then
		switch {
		case !source.good(now):
			return reading(want{slotSource, t.Source, hash, t.sourceAsks()})
		case !source.present:
			return t.gone()
		}
	}
	copies := step{kind: stepLook}
	for i, n := range t.Needs {
		if n.Kind != plan.KindCopy || n.Source != t.Source || t.rehearsal {
			continue // waited for to keep the order, not to succeed
		}
		if !n.Outcome.State.OK() {
			return t.fail(DependencyFailed, fmt.Sprintf("its copy to %s did not succeed (%s)", n.Target.Act(), n.Outcome.Reason))
		}
		s := t.sights[slotCopies+i]
		if s.good(now) && !s.present {
			if t.looked < len(sightPauses) {
				return step{kind: stepWait, wait: sightPauses[t.looked]}
			}
			return t.miss(now)
		}
		if !s.good(now) && !t.deleted {
			copies.wants = append(copies.wants, want{slotCopies + i, n.Target, n.landed(), 0})
		}
	}
	switch {
	case len(copies.wants) > 0:
		return copies
	case !t.seen && !t.deleted && !t.rehearsal && len(t.copies()) > 0:
		return step{kind: stepSeen}
	case !source.good(now):
		return reading(want{slotSource, t.Source, hash, t.sourceAsks()})
	case !source.present:
		return t.gone()
	case t.deleted && t.looked < len(confirmPauses):
		return step{kind: stepWait, wait: confirmPauses[t.looked]}
	case t.deleted:
		return t.fail(DeleteUnconfirmed, fmt.Sprintf("the API answered success and %s still shows the image", t.Source.Act()))
	case source.inUse:
		return t.fail(InUse, "an ad creative uses the image")
	case t.refused:
		// It is there and may be read; only use is documented to keep an image
		// from being deleted, and the list of creatives to be incomplete.
		return t.fail(InUse, t.last.Detail())
	case t.lost && t.Outcome.Attempts >= attempts:
		return t.gaveUp()
	}
	return step{kind: stepSend}
}

// sourceAsks is what the write has to know of the image in its source.
func (t *task) sourceAsks() (a asks) {
	switch {
	case t.deleted: // whether it is gone
	case t.Kind == plan.KindDelete:
		a = askUse
		if t.keep {
			a |= askPicture
		}
	case t.detour:
		a = askPicture
	}
	return a
}

func reading(w ...want) step { return step{kind: stepLook, wants: w} }

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
			return n.landed(), ""
		}
		failed = fmt.Sprintf("the copy from %s that it builds on did not succeed (%s)", n.Source.Act(), n.Outcome.Reason)
	}
	return h, failed
}

// copies are the copies out of a delete's image.
func (t *task) copies() []plan.OpID {
	var ids []plan.OpID
	for _, n := range t.Needs {
		if n.Kind == plan.KindCopy && n.Source == t.Source {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// forget drops what reading said, so that it is read again.
func (t *task) forget() {
	clear(t.sights)
	t.seen = false
}

// landed is the hash that a copy has in its target.
func (o Operation) landed() plan.Hash {
	if o.Outcome.TargetHash != "" {
		return o.Outcome.TargetHash
	}
	return o.Hash
}
