package quota

import (
	"math"
	"time"

	"adferry/graph"
)

// App is what is known about the limit that all ad accounts of a token share. Its size is
// not documented for ads (for other uses it is 200 calls per hour and user). X-App-Usage
// gives the share that is used.
type App struct {
	Block    Block
	calls    meter
	inFlight int
}

// Next is the earliest time, not before now, at which any call may be sent.
func (a App) Next(now time.Time) time.Time { return a.NextOf(now, 1) }

// NextOf is the earliest time, not before now, at which so many calls may be sent one after the
// other, or as many of them as the limit ever allows.
func (a App) NextOf(now time.Time, calls int) time.Time {
	points := float64(calls)
	if a.calls.limit > 0 {
		points = max(1, min(points, math.Floor(a.calls.usable())))
	}
	return later(a.Block.Next(now), a.calls.next(now, points, callSpan))
}

// Spend charges a call that will be sent now.
func (a App) Spend(now time.Time) App {
	a.Block = a.Block.Spend(now)
	a.calls = a.calls.charge(now, 1, callSpan)
	a.inFlight++
	return a
}

// Answered records that a call is no longer in flight.
func (a App) Answered() App {
	a.inFlight = max(0, a.inFlight-1)
	return a
}

// Throttled closes the gate of all ad accounts after an error of a call that was sent at
// left. An error that is neither a throttle of the app nor has a RetryAfter changes nothing.
func (a App) Throttled(left, now time.Time, e *graph.Error, tier graph.Tier) App {
	if e.Class == graph.ThrottledApp || e.RetryAfter > 0 {
		base, most := GuessWait(e, tier)
		a.Block = a.Block.Close(left, now, e.RetryAfter, base, most)
	}
	return a
}

// Passed records that a call sent at left was not throttled.
func (a App) Passed(left, now time.Time) App {
	a.Block = a.Block.Passed(left, now)
	a.calls.passedPoints++
	return a
}

// Observe learns from the utilisation in X-App-Usage, in whole percent rounded down. The
// first rise shows the limit, because none is documented.
func (a App) Observe(now time.Time, percent float64) App {
	if a.calls.limit == 0 {
		a.calls.limit = unknownApp
	}
	a.calls = a.calls.observe(now, percent, wholePercent, float64(a.inFlight), callSpan)
	return a
}

// unknownApp is assumed as the app's limit, in calls per hour, until a rise was seen.
const unknownApp = 200_000
