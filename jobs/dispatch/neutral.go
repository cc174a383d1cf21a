package dispatch

import (
	"adferry/graph"
)

// AsAppThrottle turns a throttle of the neutral question into one of all ad accounts, because
// the question is about none.
func AsAppThrottle(r graph.Reply) graph.Reply {
	if graph.ClassOf(r.Err).Throttled() {
		e := *r.Err
		e.Class, r.Err = graph.ThrottledApp, &e
	}
	return r
}

// MostDenials is how many refusals in a row, without a success between, show
// that an account or a pair of accounts is refused as such. What follows is
// settled without a call: failed calls count against the quota and the app's
// access tier, too.
const MostDenials = 3
