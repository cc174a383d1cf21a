package dispatch

import (
	"github.com/cenkalti/backoff/v4"
)

// Backoff is the schedule of one operation's or read's tries.
func (o Options) Backoff() backoff.BackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(o.RetryBase),
		backoff.WithMaxInterval(o.RetryMax),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0), // tries are counted, not timed
	)
}
