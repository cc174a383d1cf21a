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

// lostTouch closes the gate after a connection that was not made. Requests that
// failed together count once.
func (e *Engine) lostTouch(err *graph.Error, now time.Time) {
	o := &e.offline
	if !o.over(now) {
		return
	}
	if o.policy == nil {
		o.policy = e.opt.backoff()
	}
	if o.tries++; o.tries >= mostOffline {
		e.halt(&OfflineError{err})
		return
	}
	o.until = now.Add(o.policy.NextBackOff())
	if o.tries == 1 {
		e.warn(err.Message + "; trying again")
	}
}
