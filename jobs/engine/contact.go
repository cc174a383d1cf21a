package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
)

// touch notes whether the API answered a request.
func (e *Engine) touch(replies []graph.Reply, left, now time.Time, neutral bool) {
	for _, r := range replies {
		if dispatch.Says(r) {
			if e.contact.Hear(left, now) {
				e.appGoesOn(now)
			}
			return
		}
	}
	err := replies[0].Err
	if neutral && err.Class != graph.Unreachable && e.contact.Broken != nil {
		e.contact.Asked = true
		return
	}
	e.lostTouch(err, left, now)
}

// lostTouch takes a request that the API did not answer.
func (e *Engine) lostTouch(err *graph.Error, left, now time.Time) {
	first := e.contact.Broken == nil
	closed, over := e.contact.Fail(err, left, now, e.opt.Dispatch())
	if over {
		e.halt(&jobs.OfflineError{Err: err})
		return
	}
	if closed {
		e.appWaits(e.contact.Until, err.Error(), now)
	}
	if closed && first {
		e.warn(err.Error() + "; trying again")
	}
}
