package engine

import (
	"slices"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// route is what this run knows of writes between two ad accounts, or of deletes in one
// (target ""): whether the API carries them out.
type route struct {
	open        bool         // a write was carried out, or refused because of its image
	copyRefused bool         // copying is refused: images are downloaded and uploaded
	trials      int          // writes on their way that will show whether it is open
	waiting     []*task      // for the trials
	refused     int          // writes refused in a row
	last        *graph.Error // why
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
		if t.Kind == plan.KindCopy {
			if r := e.copyRefused[e.credentials(t.pair())]; r.holds() {
				w.copyRefused, w.last = true, r.last
			}
		}
		e.routes[t.pair()] = w
	}
	return w
}

// acquire reports whether the task's write may be sent. On a route that is not known
// to be open, a few writes are sent as trials and the others wait for their results.
func (e *Engine) acquire(t *task) bool {
	w := e.route(t)
	switch {
	case t.awaitsRoute:
		return false
	case w.open, t.onTrial:
		return true
	case w.trials >= dispatch.MostDenials:
		t.awaitsRoute = true
		w.waiting = append(w.waiting, t)
		return false
	}
	w.trials++
	t.onTrial = true
	return true
}

// release ends the task's trial, if it was one.
func (e *Engine) release(t *task) {
	w := e.routes[t.pair()]
	if w == nil {
		return // it never came to a write
	}
	if t.onTrial {
		t.onTrial = false
		w.trials--
	}
	e.wakeWaiting(w)
}

// openRoute notes that the task's write was not refused because of its ad accounts.
func (e *Engine) openRoute(t *task) {
	e.route(t).open = true
	e.release(t)
}

// dropWaiting forgets the tasks that were dropped.
func (w *route) dropWaiting() {
	w.waiting = slices.DeleteFunc(w.waiting, func(t *task) bool { return t.dropped })
}

// wakeWaiting advances tasks that waited for trials: as many as may be trials, or all
// once the route is known to be open or closed.
func (e *Engine) wakeWaiting(w *route) {
	w.waiting = slices.DeleteFunc(w.waiting, func(t *task) bool { return t.Outcome.State.Settled() })
	n := len(w.waiting)
	if !w.open && w.refused < dispatch.MostDenials {
		n = min(n, dispatch.MostDenials-w.trials)
	}
	next := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	for _, t := range next {
		t.awaitsRoute = false
		e.advance(t)
	}
	clear(next) // what waits behind them is in the same array, which would keep them in memory
}
