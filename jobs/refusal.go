package jobs

import (
	"slices"

	"adferry/graph"
	"adferry/plan"
)

// mostDenials is how many refusals in a row, without a success between, show
// that an account or a pair of accounts is refused as such. What follows is
// settled without a call: failed calls count against the quota and the app's
// access tier, too.
const mostDenials = 3

// way is one way of copying, or of deleting in one account (target ""), as far as
// this run has come to know it.
type way struct {
	open    bool         // a write was carried out, or refused for its image's sake
	detour  bool         // copying is refused: its images are fetched and uploaded
	trying  int          // writes that are to show whether it is open
	waiting []*task      // for those
	refused int          // writes refused in a row
	last    *graph.Error // why
}

func (t *task) pair() pair {
	if t.Kind == plan.KindDelete {
		return pair{source: t.Source}
	}
	return pair{t.Source, t.Target}
}

func (e *Engine) way(t *task) *way {
	w := e.ways[t.pair()]
	if w == nil {
		w = &way{}
		e.ways[t.pair()] = w
	}
	return w
}

// mayTry reports whether the task's write may go. On a way that is not known to be
// open a few go ahead and the others wait for what becomes of them.
func (e *Engine) mayTry(t *task) bool {
	w := e.way(t)
	switch {
	case t.queued:
		return false
	case w.open, t.trying:
		return true
	case w.trying >= mostDenials:
		t.queued = true
		w.waiting = append(w.waiting, t)
		return false
	}
	w.trying++
	t.trying = true
	return true
}

// tried ends the task's part in finding out whether its way is open.
func (e *Engine) tried(t *task) {
	w := e.ways[t.pair()]
	if w == nil {
		return // it never came to a write
	}
	if t.trying {
		t.trying = false
		w.trying--
	}
	e.follow(w)
}

// opened notes that the task's write was not refused for its accounts.
func (e *Engine) opened(t *task) {
	e.way(t).open = true
	e.tried(t)
}

// follow lets those go on that waited for others: as many as may try, or all of
// them once it is known how the way is.
func (e *Engine) follow(w *way) {
	w.waiting = slices.DeleteFunc(w.waiting, func(t *task) bool { return t.Outcome.State.Settled() })
	n := len(w.waiting)
	if !w.open && w.refused < mostDenials {
		n = min(n, mostDenials-w.trying)
	}
	next := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	for _, t := range next {
		t.queued = false
		e.advance(t)
	}
}

// refuse notes that the task's write was refused for its accounts.
func (e *Engine) refuse(t *task, err *graph.Error) {
	w := e.way(t)
	w.open, w.last = false, err
	if w.refused++; w.refused < mostDenials {
		return
	}
	p := &t.home.permits
	for _, queue := range []*[]*task{&t.home.ready, &p.permitted, &p.waiting} {
		tasks := *queue
		*queue = nil
		for _, other := range tasks {
			if e.refusal(other) != nil {
				e.advance(other)
			} else {
				*queue = append(*queue, other)
			}
		}
	}
}

// approve notes that the task's write was carried out.
func (e *Engine) approve(t *task) {
	e.way(t).refused = 0
	e.opened(t)
}

// refusal is the error that stands against sending the task's write, if any.
// One whose write may have taken effect still has to be read.
func (e *Engine) refusal(t *task) *graph.Error {
	if t.lost || t.deleted {
		return nil
	}
	if t.home.refused != nil {
		return t.home.refused
	}
	if w := e.ways[t.pair()]; w != nil && w.refused >= mostDenials {
		return w.last
	}
	return nil
}

// abandon ends what an account that was given up still had to do: nothing more
// is sent for it.
func (e *Engine) abandon(l *lane) {
	e.emptyLooks(l)
	left := slices.Concat(l.ready, l.unfetched, l.permits.waiting, l.permits.permitted)
	l.ready, l.unfetched, l.permits.waiting, l.permits.permitted = nil, nil, nil, nil
	for _, t := range left {
		e.advance(t)
	}
	for _, w := range e.ways {
		var given []*task
		w.waiting = slices.DeleteFunc(w.waiting, func(t *task) bool {
			if t.home == l {
				given = append(given, t)
			}
			return t.home == l
		})
		for _, t := range given {
			t.queued = false
			e.advance(t)
		}
		e.follow(w)
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
