package jobs

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
)

// offline is the gate that closes while the API cannot be reached at all.
type offline struct {
	until  time.Time
	tries  int
	policy backoff.BackOff
}

func (o offline) over(now time.Time) bool { return !now.Before(o.until) }

// mostOffline is how often in a row a connection is tried before the run stops:
// with the default backoff, about three minutes.
const mostOffline = 9

// fail closes the gate after a connection that was not made; over is when it has
// been tried too often. Requests that failed together count once.
func (o *offline) fail(now time.Time, opt Options) (first, over bool) {
	if !o.over(now) {
		return false, false
	}
	if o.policy == nil {
		o.policy = opt.backoff()
	}
	if o.tries++; o.tries >= mostOffline {
		return false, true
	}
	o.until = now.Add(o.policy.NextBackOff())
	return o.tries == 1, false
}

func (e *Engine) lostTouch(err *graph.Error, now time.Time) {
	switch first, over := e.offline.fail(now, e.opt); {
	case over:
		e.halt(&OfflineError{err})
	case first:
		e.warn(err.Message + "; trying again")
	}
}
