package engine

import (
	"slices"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// refuse notes that the task's write was refused because of its ad accounts.
func (e *Engine) refuse(t *task, err *graph.Error) {
	w := e.route(t)
	w.open, w.last = false, err
	if w.refused++; w.refused < dispatch.MostDenials {
		return
	}
	p := &t.home.permits
	for _, queue := range []*[]*task{&t.home.ready, &p.permitted, &p.waiting} {
		e.advanceFrom(queue, func(other *task) bool { return e.refusal(other) != nil })
	}
}

// approve notes that the task's write was carried out.
func (e *Engine) approve(t *task) {
	w := e.route(t)
	if w.refused = 0; !w.open && t.Kind == plan.KindCopy && !t.asUpload {
		e.learnCopied(t.pair())
	}
	e.openRoute(t)
}

// refusal is the error because of which the task's write is not sent, or nil. A write
// that may have taken effect still has to be read.
func (e *Engine) refusal(t *task) *graph.Error {
	if t.lost || t.deleted {
		return nil
	}
	if t.home.GivenUp != nil {
		return t.home.GivenUp
	}
	if w := e.routes[t.pair()]; w != nil && w.refused >= dispatch.MostDenials {
		return w.last
	}
	return nil
}

// giveUpLane settles what an ad account that was given up still had to do: nothing more
// is sent for it.
func (e *Engine) giveUpLane(l *lane) {
	l.emptyLookups(func(k *lookup) { e.giveUpLookup(k, l.GivenUp) })
	e.advanceAll(l)
}

// advanceAll advances all tasks of a lane that wait for something to be sent: nothing more is.
func (e *Engine) advanceAll(l *lane) {
	left := slices.Concat(l.ready, l.needPicture, l.permits.waiting, l.permits.permitted)
	l.ready, l.needPicture, l.permits.waiting, l.permits.permitted = nil, nil, nil, nil
	for _, t := range left {
		e.advance(t)
	}
	for _, w := range e.routes {
		var given []*task
		w.waiting = slices.DeleteFunc(w.waiting, func(t *task) bool {
			if t.home == l {
				given = append(given, t)
			}
			return t.home == l
		})
		for _, t := range given {
			t.awaitsRoute = false
			e.advance(t)
		}
		e.wakeWaiting(w)
	}
}

// deny settles a task whose accounts are refused, in the words of the refusal:
// whether the row was itself refused or came after makes no difference.
func (e *Engine) deny(t *task, err *graph.Error) {
	t.last = err
	e.settle(t, t.fail(reasonOf(err), err.Detail()).outcome)
}

// countWriteResult counts failed writes in a row: an account whose writes fail is no safe
// place to have the only copy of an image.
func (e *Engine) countWriteResult(l *lane, o jobs.Outcome) {
	was := l.writesFail()
	switch {
	case o.State == jobs.Done:
		l.failing = 0
	case o.State == jobs.Failed && o.Attempts > 0 && (o.Reason == jobs.Denied || o.Reason == jobs.AccountBlocked || o.Reason == jobs.GaveUp):
		l.failing++
	}
	if fail := l.writesFail(); fail != was {
		e.shared.turned[l.Account] = fail
	}
}

func (l *lane) writesFail() bool { return l.failing >= dispatch.MostDenials }

// failingTarget is a target of a delete's copies that is failing now, or "". refused is the
// error because of which it was given up; nil if it is only writes to it that fail.
func (e *Engine) failingTarget(t *task) (account plan.Account, refused *graph.Error) {
	if t.Kind != plan.KindDelete {
		return "", nil
	}
	for _, n := range t.Needs {
		if n.Kind != plan.KindCopy || n.Source != t.Source {
			continue
		}
		if l := e.lane(n.Target); l.GivenUp != nil || l.writesFail() || e.shared.failing[n.Target] {
			return n.Target, l.GivenUp
		}
	}
	return "", nil
}

// reasonOf is the word for a refusal.
func reasonOf(e *graph.Error) jobs.Reason {
	switch {
	case e.Class == graph.MaybeThrottled:
		return jobs.AccountBlocked
	case e.Class == graph.RefusedAccount && blockedCode(e):
		return jobs.AccountBlocked
	case e.Class == graph.RefusedAccount:
		return jobs.Denied
	case e.Class == graph.Transient:
		return jobs.GaveUp
	}
	return jobs.Invalid
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
