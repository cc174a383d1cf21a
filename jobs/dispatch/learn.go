package dispatch

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// Learn is what a reply to a call of this cost makes of the two quotas that the
// call had to pass when it left: its ad account's and the app's. Of a call that
// failed transiently nothing is learned, unless the API names a wait, and of one
// that it did not answer nothing at all.
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
