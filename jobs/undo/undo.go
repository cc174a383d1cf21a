package undo

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

// Ledger is the checkpoint of a job as its undo reads it.
type Ledger interface {
	// Changes streams the operations that changed an ad account, or may have, in ID order
	// and with what they need.
	Changes(ctx context.Context) iter.Seq2[jobs.Operation, error]
	// Dependents returns the operations that wait for the given one.
	Dependents(ctx context.Context, id plan.OpID) ([]jobs.Operation, error)
	// Load returns operations with what they need.
	Load(ctx context.Context, ids []plan.OpID) ([]jobs.Operation, error)
	// Rivals returns, in ID order, the operations of which several brought the same
	// image, or may have: it is not known whose the image is that is there.
	Rivals(ctx context.Context) ([]jobs.Operation, error)
}

// Options are what an undo can go by besides the job.
type Options struct {
	// Find is the file of a backup that holds an image's picture, "" if none does.
	Find         func(account plan.Account, hash plan.Hash) (file string, err error)
	Lost         func(file string) bool // whether the file of an upload is gone; nil: none is
	Unrestorable func(jobs.Operation)   // told of each deletion whose image nothing can bring back
	// Stay is told of each image that the job brought and that stays, because it may
	// become the last copy.
	Stay func(a plan.Account, h plan.Hash, because string)
}

// Rows yields the rows of a manifest that makes the ad accounts what they were
// before the job, as far as the job changed them:
//
//   - an image that the job brought is deleted, or moved back to where the job
//     deleted it, so that it is never gone from both;
//   - an image that the job deleted is copied back from where a copy of it is, or
//     else uploaded from the backup; a copy that turns out to be gone is made up for
//     from the backup, too (see [Pictures]);
//   - what the job found in its place stays.
//
// No deletion may take the last copy, nor an image that somebody else made: each has
// a guard, by which the image was created while the job wrote it, where the API tells,
// and is still to be seen where it came from. What an upload brought came from its
// file instead, and stays if that is gone. So does a copy whose source the API said
// it deleted and still shows: there is no telling when that will come true.
//
// Of a write whose answer is lost, or that failed after its answer was, the row does
// nothing where it had no effect. It must not be planned before that can be read (see
// [jobs.DoubtOver]). One of which it is not known what image it would have brought has no
// row.
func Rows(ctx context.Context, l Ledger, o Options) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		u := undo{ctx: ctx, ledger: l, Options: o}
		if err := u.findRivals(); err != nil {
			yield(plan.Line{}, err)
			return
		}
		for o, err := range l.Changes(ctx) {
			line := plan.Line{}
			if err == nil {
				line, err = u.row(o)
			}
			if err != nil {
				yield(plan.Line{}, err)
				return
			}
			if line.Verb != "" && !yield(line, nil) {
				return
			}
		}
	}
}

type undo struct {
	Options
	ctx    context.Context
	ledger Ledger
	rivals map[jobs.ImageAt]*plan.Guard // the common guard of an image that several operations created
}

// row is what takes one operation back; its verb is unknown where nothing has to.
func (u undo) row(o jobs.Operation) (plan.Line, error) {
	if o.Kind == plan.KindDelete {
		return u.restore(o)
	}
	return u.remove(o)
}

// remove takes back what a copy or upload brought.
func (u undo) remove(o jobs.Operation) (plan.Line, error) {
	since, copies, err := u.laterUses(o)
	if err != nil || !brought(o) || since == deleted || o.Landed() == "" {
		return plan.Line{}, err
	}
	root, err := u.origin(o)
	if err != nil {
		return plan.Line{}, err
	}
	// One that may be gone itself cannot be counted on, and where it was passed on
	// that copy is moved back.
	passedOn := since == maybeDeleted && slices.ContainsFunc(copies, func(c jobs.Operation) bool { return c.Outcome.State.OK() })
	switch {
	case root.unconfirmed:
		u.Stay(o.Target, o.Landed(), fmt.Sprintf("%s may lose the image at any time, because its deletion was called a success and is not confirmed", root.Source.Act()))
		return plan.Line{Verb: plan.Copy, Source: o.Target, Hash: o.Landed(), Target: root.Source,
			Note: fmt.Sprintf("takes back the deletion in %s", root.Source.Act())}, nil
	case root.lost && !passedOn:
		return plan.Line{Verb: plan.Move, Source: o.Target, Hash: o.Landed(), Target: root.Source, Guard: u.guard(o, jobs.ImageAt{}),
			Note: fmt.Sprintf("takes back the move from %s", root.Source.Act())}, nil
	case root.Kind == plan.KindUpload && u.Lost != nil && u.Lost(root.File):
		u.Stay(o.Target, o.Landed(), root.File+", from which it was uploaded, is gone")
		return plan.Line{}, nil
	}
	note := "takes back the upload of " + o.File
	if o.Kind == plan.KindCopy {
		note = fmt.Sprintf("takes back the copy from %s", o.Source.Act())
	}
	return plan.Line{Verb: plan.Delete, Source: o.Target, Hash: o.Landed(), Guard: u.guard(o, root.from), Note: note}, nil
}

// origin is where an image came from: the first copy or upload of a chain whose
// source the job did not bring.
type origin struct {
	jobs.Operation
	from        jobs.ImageAt // of a copy: the image in its source, which stays or is brought back
	lost        bool         // the job deleted that, or may have
	unconfirmed bool         // ... and the API, which called it a success, still shows it
}

// origin follows copies of copies.
func (u undo) origin(o jobs.Operation) (origin, error) {
	hash := o.Hash
	for o.Kind == plan.KindCopy && o.Op.Needs {
		whole, err := u.ledger.Load(u.ctx, []plan.OpID{o.ID})
		if err != nil || len(whole) == 0 {
			return origin{Operation: o}, err
		}
		up := copyInto(whole[0].Needs, o.Source)
		if up == nil {
			break
		}
		if !brought(*up) {
			hash = up.Landed()
			break
		}
		o, hash = *up, up.Hash
	}
	root := origin{Operation: o}
	if o.Kind != plan.KindCopy {
		return root, nil
	}
	root.from = jobs.ImageAt{Account: o.Source, Hash: hash}
	if !o.Needed {
		return root, nil
	}
	dependents, err := u.ledger.Dependents(u.ctx, o.ID)
	for _, d := range dependents {
		if d.Kind == plan.KindDelete && d.Source == o.Source && d.Tried() {
			root.lost, root.unconfirmed = true, d.Outcome.Reason == jobs.DeleteUnconfirmed
		}
	}
	return root, err
}

// restore brings back what a delete took, unless a moved-back copy does.
func (u undo) restore(o jobs.Operation) (plan.Line, error) {
	if !o.Tried() {
		return plan.Line{}, nil
	}
	hash := o.Hash
	if up := copyInto(o.Needs, o.Source); up != nil {
		if brought(*up) {
			return plan.Line{}, nil // it was not there before the job
		}
		hash = up.Landed()
	}
	from := plan.Line{}
	copies := copiesOutOf(o.Needs, o.Source)
	for len(copies) > 0 {
		c := copies[0]
		copies = copies[1:]
		if !c.Outcome.State.OK() {
			continue
		}
		since, next, err := u.laterUses(c)
		if err != nil {
			return plan.Line{}, err
		}
		if since == deleted || since == maybeDeleted && len(next) > 0 {
			copies = append(next, copies...)
			continue
		}
		if root, err := u.origin(c); err != nil || brought(c) && root.Source == o.Source {
			return plan.Line{}, err // it is moved back to here
		}
		if from.Verb == "" {
			from = plan.Line{Verb: plan.Copy, Source: c.Target, Hash: c.Landed(), Target: o.Source, Note: "brings back what the job deleted"}
		}
	}
	if from.Verb != "" {
		return from, nil
	}
	file, err := u.Find(o.Source, hash)
	switch {
	case err != nil:
		return plan.Line{}, err
	case file != "":
		return plan.Line{Verb: plan.Upload, Hash: hash, Target: o.Source, File: file, Note: "brings back what the job deleted"}, nil
	}
	if o.Outcome.State == jobs.Done {
		u.Unrestorable(o)
	}
	return plan.Line{}, nil
}

// laterUses is what the job did later with the image that a copy or upload brought:
// whether it deleted it, and its copies out of there.
func (u undo) laterUses(o jobs.Operation) (since fate, copies []jobs.Operation, err error) {
	if !o.Needed {
		return untouched, nil, nil
	}
	dependents, err := u.ledger.Dependents(u.ctx, o.ID)
	for _, d := range dependents {
		switch {
		case d.Source != o.Target:
		case d.Kind == plan.KindCopy:
			copies = append(copies, d)
		case d.Kind == plan.KindDelete && d.Outcome.State.OK() && d.Outcome.Reason != jobs.NotCreatedHere:
			since = deleted
		case d.Kind == plan.KindDelete && d.Tried():
			since = maybeDeleted
		}
	}
	return since, copies, err
}

// fate is what the job did with an image that it had brought.
type fate uint8

const (
	untouched fate = iota
	maybeDeleted
	deleted
)

// brought reports whether the job made the image that the copy or upload is
// about, or may have: a write whose answer is lost and was not read back, or that
// failed after its answer was.
func brought(o jobs.Operation) bool {
	if o.Kind == plan.KindDelete {
		return false
	}
	return o.Outcome.Created || !o.Outcome.State.OK() && o.Tried()
}

// copyInto is the copy or upload among the operations that brought an image into the
// account; else one that succeeded, because the image was there.
func copyInto(operations []jobs.Operation, account plan.Account) *jobs.Operation {
	var found *jobs.Operation
	for i, n := range operations {
		switch {
		case n.Kind == plan.KindDelete || n.Target != account:
		case brought(n):
			return &operations[i]
		case found == nil || n.Outcome.State.OK():
			found = &operations[i]
		}
	}
	return found
}

// copiesOutOf are the copies among the operations out of the account.
func copiesOutOf(operations []jobs.Operation, account plan.Account) (copies []jobs.Operation) {
	for _, n := range operations {
		if n.Kind == plan.KindCopy && n.Source == account {
			copies = append(copies, n)
		}
	}
	return copies
}
