package engine

import (
	"adferry/graph"
	"adferry/plan"
)

// uploadInstead lets a copy that was refused for its two ad accounts go by way of its
// bytes: the image is fetched from the source and uploaded to the target. What
// one refusal showed of a pair of accounts holds for all of its copies.
func (e *Engine) uploadInstead(t *task, err *graph.Error) bool {
	if !e.opt.UploadInstead || t.Kind != plan.KindCopy || t.asUpload || !refusesCopying(err) {
		return false
	}
	t.Outcome.Attempts++
	t.last, t.lost = err, false
	if w := e.route(t); !w.copyRefused {
		w.copyRefused, w.last = true, err
		e.learnRefused(t.pair(), err)
		e.warn("copying from " + t.Source.Act() + " to " + t.Target.Act() + " is refused (" + err.Error() + "); its images are downloaded and uploaded instead")
		e.requeueRefused(t.home, t.pair())
	}
	e.release(t)
	e.advanceDurably(t)
	return true
}

// requeueRefused turns copies that were about to be sent on a way that is refused.
func (e *Engine) requeueRefused(l *lane, p pair) {
	e.advanceFrom(&l.ready, func(t *task) bool { return t.Kind == plan.KindCopy && t.pair() == p })
}

// refusesCopying tells a refusal to copy between two ad accounts from one of the image
// or of a blocked account: a permission, or the bare "Invalid parameter" that
// users report of copy_from and whose cause nobody found.
func refusesCopying(e *graph.Error) bool {
	switch e.Class {
	case graph.RefusedAccount:
		return !blockedCode(e)
	case graph.RefusedItem:
		return e.Code == 100 && e.Subcode == 0
	}
	return false
}
