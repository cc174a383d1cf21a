package engine

import (
	"slices"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// route is one way of copying, or of deleting in one account (target ""), as far as
// this run has come to know it.
type route struct {
	open    bool         // a write was carried out, or refused for its image's sake
	detour  bool         // copying is refused: its images are fetched and uploaded
	probes  int          // writes that are to show whether it is open
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

func (e *Engine) route(t *task) *route {
	w := e.routes[t.pair()]
	if w == nil {
		w = &route{}
		e.routes[t.pair()] = w
	}
	return w
}

// acquire reports whether the task's write may go. On a way that is not known to be
// open a few go ahead and the others wait for what becomes of them.
func (e *Engine) acquire(t *task) bool {
	w := e.route(t)
	switch {
	case t.awaitsRoute:
		return false
	case w.open, t.probing:
		return true
	case w.probes >= dispatch.MostDenials:
		t.awaitsRoute = true
		w.waiting = append(w.waiting, t)
		return false
	}
	w.probes++
	t.probing = true
	return true
}

// release ends the task's part in finding out whether its way is open.
func (e *Engine) release(t *task) {
	w := e.routes[t.pair()]
	if w == nil {
		return // it never came to a write
	}
	if t.probing {
		t.probing = false
		w.probes--
	}
	e.wakeWaiting(w)
}

// openRoute notes that the task's write was not refused for its accounts.
func (e *Engine) openRoute(t *task) {
	e.route(t).open = true
	e.release(t)
}

// wakeWaiting lets those go on that waited for others: as many as may try, or all of
// them once it is known how the way is.
func (e *Engine) wakeWaiting(w *route) {
	w.waiting = slices.DeleteFunc(w.waiting, func(t *task) bool { return t.Outcome.State.Settled() })
	n := len(w.waiting)
	if !w.open && w.refused < dispatch.MostDenials {
		n = min(n, dispatch.MostDenials-w.probes)
	}
	next := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	for _, t := range next {
		t.awaitsRoute = false
		e.advance(t)
	}
}
