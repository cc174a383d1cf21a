package jobs

import (
	"adferry/graph"
	"time"
)

// lostTouch takes a request that the API did not answer.
func (e *Engine) lostTouch(err *graph.Error, left, now time.Time) {
	first := e.contact.broken == nil
	closed, over := e.contact.fail(err, left, now, e.opt.Dispatch())
	if over {
		e.halt(&OfflineError{err})
		return
	}
	if closed {
		e.appWaits(e.contact.until, err.Error(), now)
	}
	if closed && first {
		e.warn(err.Error() + "; trying again")
	}
}
