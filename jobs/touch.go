package jobs

import (
	"adferry/graph"
	"time"
)

// touch notes whether the API answered a request.
func (e *Engine) touch(replies []graph.Reply, left, now time.Time, neutral bool) {
	for _, r := range replies {
		if says(r) {
			if e.contact.hear(left, now) {
				e.appGoesOn(now)
			}
			return
		}
	}
	err := replies[0].Err
	if neutral && err.Class != graph.Unreachable && e.contact.broken != nil {
		e.contact.asked = true
		return
	}
	e.lostTouch(err, left, now)
}
