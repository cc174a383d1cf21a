package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
)

// noteContact notes whether the API answered a request.
func (e *Engine) noteContact(replies []graph.Reply, left, now time.Time, neutral bool) {
	for _, r := range replies {
		if dispatch.FromAPI(r) {
			if e.contact.Answered(left, now) {
				e.reportAppWaitOver(now)
			}
			return
		}
	}
	err := replies[0].Err
	if neutral && err.Class != graph.Unreachable && e.contact.Err != nil {
		e.contact.NeutralAnswered = true
		return
	}
	e.noteNoAnswer(err, left, now)
}

// noteNoAnswer takes a request that the API did not answer.
func (e *Engine) noteNoAnswer(err *graph.Error, left, now time.Time) {
	first := e.contact.Err == nil
	closed, over := e.contact.NotAnswered(err, left, now, e.opt.Dispatch())
	if over {
		e.halt(&jobs.OfflineError{Err: err})
		return
	}
	if closed {
		e.recordAppWait(e.contact.Until, err.Error(), now)
	}
	if closed && first {
		e.warn(err.Error() + "; trying again")
	}
}
