package jobs

import (
	"adferry/graph"
	"adferry/plan"
)

// mostDenials is how many refusals in a row, without a success between, show
// that an account or a pair of accounts is refused as such. What follows is
// settled without a call: failed calls count against the quota and the app's
// access tier, too.
const mostDenials = 3

// denial counts refused writes of one way of copying, or of deletes in one
// account (target "").
type denial struct {
	row  int
	last *graph.Error
}

func (t *task) way() pair {
	if t.Kind == plan.KindDelete {
		return pair{source: t.Source}
	}
	return pair{t.Source, t.Target}
}

// refuse notes that the task's write was refused for its accounts.
func (e *Engine) refuse(t *task, err *graph.Error) {
	d := e.denied[t.way()]
	if d == nil {
		d = &denial{}
		e.denied[t.way()] = d
	}
	d.row++
	d.last = err
	if d.row == mostDenials {
		e.reconsider(t.home)
	}
}

// approve notes that the task's write was not refused.
func (e *Engine) approve(t *task) { delete(e.denied, t.way()) }

// refusal is the error that stands against sending the task's write, if any.
// One whose write may have taken effect still has to be read.
func (e *Engine) refusal(t *task) *graph.Error {
	if t.lost || t.deleted {
		return nil
	}
	if t.home.refused != nil {
		return t.home.refused
	}
	if d := e.denied[t.way()]; d != nil && d.row >= mostDenials {
		return d.last
	}
	return nil
}

// abandon ends what an account that was given up still had to do: nothing more
// is sent for it.
func (e *Engine) abandon(l *lane) {
	e.emptyLooks(l)
	e.reconsider(l)
}

// reconsider looks again at the writes that were ready: some may not be sent any
// more.
func (e *Engine) reconsider(l *lane) {
	ready := l.ready
	l.ready = nil
	for _, t := range ready {
		e.advance(t)
	}
}

// deny settles a task whose accounts are refused, in the words of the refusal:
// whether the row was itself refused or came after makes no difference.
func (e *Engine) deny(t *task, err *graph.Error) {
	t.last = err
	e.settle(t, t.fail(reasonOf(err), err.Detail()).outcome)
}

// note counts failed writes in a row: an account whose writes fail is no safe
// place to have the only copy of an image.
func (l *lane) note(o Outcome) {
	switch {
	case o.State == Done:
		l.failing = 0
	case o.State == Failed && o.Attempts > 0 && (o.Reason == Denied || o.Reason == AccountBlocked || o.Reason == GaveUp):
		l.failing++
	}
}

// failingTarget is a target of a delete's copies that is failing now, or "".
func (e *Engine) failingTarget(t *task) plan.Account {
	if t.Kind != plan.KindDelete {
		return ""
	}
	for _, n := range t.Needs {
		if n.Kind != plan.KindCopy || n.Source != t.Source {
			continue
		}
		if l := e.lane(n.Target); l.refused != nil || l.failing >= mostDenials {
			return n.Target
		}
	}
	return ""
}

// reasonOf is the word for a refusal.
func reasonOf(e *graph.Error) Reason {
	switch {
	case e.Class == graph.MaybeThrottled:
		return AccountBlocked
	case e.Class == graph.RefusedAccount && blockedCode(e):
		return AccountBlocked
	case e.Class == graph.RefusedAccount:
		return Denied
	case e.Class == graph.Transient:
		return GaveUp
	}
	return Invalid
}

// blockedCode tells an account that is disabled or restricted from one that the
// token may not use (Marketing API, "Error reference").
func blockedCode(e *graph.Error) bool {
	for _, code := range []int{e.Code, e.Subcode} {
		switch code {
		case 1404163, 1885316, 3910001, 1404078, 2859015:
			return true
		}
	}
	return false
}
