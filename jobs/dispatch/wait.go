package dispatch

import (
	"fmt"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// WhyWait says in the API's words why something waits, and whether the wait is shorter
// than the API asked for.
func WhyWait(err *graph.Error, until, now time.Time) string {
	if err.RetryAfter > quota.MaxNamedWait && until.Equal(now.Add(quota.MaxNamedWait)) {
		return fmt.Sprintf("%s (the API asked for %v; asked again after a day)", err.Detail(), err.RetryAfter)
	}
	return err.Detail()
}

// MostMaybeThrottles is how many times in a row, some hours together, a throttle that may be a
// block is waited for before it counts as a refusal.
const MostMaybeThrottles = 5

// LeastReported is from how long on a wait that the API did not impose is reported.
const LeastReported = 10 * time.Second
