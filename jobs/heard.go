package jobs

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// heard is what a reply to a call of this cost makes of the two quotas that the
// call had to pass when it left: its ad account's and the app's. Of a call that
// failed transiently, or was never made, nothing is learned.
func heard(lane quota.Lane, app quota.App, u graph.AccountUsage, err *graph.Error, c quota.Cost, left, now time.Time) (quota.Lane, quota.App) {
	switch classOf(err) {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		return lane.Throttled(left, now, err, u), app
	case graph.ThrottledApp:
		base, most := quota.Guess(err, lane.Tier)
		app.Block = app.Block.Close(left, now, 0, base, most)
		return lane, app
	case graph.Transient, graph.Unreachable:
		return lane, app
	}
	return lane.Passed(left, now, c), app.Passed(left, now)
}
