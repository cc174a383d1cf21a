package engine

import (
	"slices"

	"adferry/graph"
)

// TokenEnded implements [dispatch.Queue]: what is left in the ad account is for a later run,
// and so is what other ad accounts cannot do without reading it.
func (l *lane) TokenEnded(*graph.Error) {
	l.emptyLookups(l.e.deferLookup)
	l.e.advanceAll(l)
	l.noteMore()
}

// needsEndedToken reports whether a task's next step needs something to be sent with a token
// that ended. What is known already still settles it.
func (e *Engine) needsEndedToken(t *task, s step) bool {
	switch s.kind {
	case stepSettle, stepConfirm:
		return false
	case stepRead:
		if slices.ContainsFunc(s.queries, func(q query) bool { return e.lane(q.account).Ended() != nil }) {
			return true
		}
	}
	return t.home.Ended() != nil
}
