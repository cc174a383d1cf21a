package engine

import (
	"slices"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

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
	case w.trying >= dispatch.MostDenials:
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
	if !w.open && w.refused < dispatch.MostDenials {
		n = min(n, dispatch.MostDenials-w.trying)
	}
	next := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	for _, t := range next {
		t.queued = false
		e.advance(t)
	}
}
