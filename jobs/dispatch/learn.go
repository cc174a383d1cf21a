package dispatch

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// Learn returns the two quotas of a call of the given cost, its ad account's and the
// app's, with what its reply says about them. A transient failure says nothing unless
// the API names a wait; a reply that did not come from the API says nothing.
func Learn(lane quota.Lane, app quota.App, u graph.AccountUsage, err *graph.Error, c quota.Cost, left, now time.Time) (quota.Lane, quota.App) {
	switch graph.ClassOf(err) {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		return lane.Throttled(left, now, err, u), app
	case graph.ThrottledApp, graph.Transient:
		if err.Silent() {
			return lane, app
		}
		return lane, app.Throttled(left, now, err, lane.Tier)
	case graph.Unreachable, graph.Foreign:
		return lane, app
	}
	return lane.Passed(left, now, c), app.Passed(left, now)
}
