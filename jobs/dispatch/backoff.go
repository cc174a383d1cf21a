package dispatch

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/jobs/quota"
)

// backoff is the schedule of one operation's or read's tries.
func (o Options) backoff() backoff.BackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(o.RetryBase),
		backoff.WithMaxInterval(o.RetryMax),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0), // tries are counted, not timed
	)
}

// Retries are the tries of one call that may have to be sent again.
type Retries struct {
	Tries   int // failures that count against the call
	foreign int // answers that did not come from the API
	missed  time.Time
	policy  backoff.BackOff
}

// Failed notes a failure. It counts unless it did not come from the API, or nothing else works
// either.
func (r *Retries) Failed(d *Dispatcher, err *graph.Error, now time.Time) (counts bool) {
	counts = d.contact.Counts(err, r.missed)
	if counts {
		r.Tries++
	}
	if err.Class == graph.Foreign {
		r.foreign++
	}
	r.missed = now
	return counts
}

// Intercepted reports whether something other than the API keeps answering the call, although
// others reach the API.
func (r *Retries) Intercepted() bool { return r.foreign >= mostContacts }

// Pause is how long to wait before the next try.
func (r *Retries) Pause(d *Dispatcher) time.Duration {
	if r.policy == nil {
		r.policy = d.opt.backoff()
	}
	return r.policy.NextBackOff()
}

// Join makes this the tries of two calls that become one.
func (r *Retries) Join(other Retries) {
	r.Tries, r.foreign, r.missed = max(r.Tries, other.Tries), max(r.foreign, other.foreign), quota.Later(r.missed, other.missed)
	r.policy = other.policy
}

// Share has this call wait together with another one from now on.
func (r *Retries) Share(other *Retries) { r.policy = other.policy }
