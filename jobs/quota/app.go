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
	Share    Share // of the limit that may be used
	calls    meter
	checks   checks
	inFlight int
}

// Next is the earliest time, not before now, at which any call may be sent.
func (a App) Next(now time.Time) time.Time {
	if a.Block.Probing() { // its probe is due then, whatever the level seems to be
		return a.Block.Next(now)
	}
	a.calls.share = a.Share
	held, span := a.hold(now, 1), a.calls.span(callSpan)
	if held.After(now) && a.calls.guessed(now, span) && !a.checks.harmful && a.inFlight == 0 && a.calls.known(now, span)+1 <= a.calls.limit {
		check := Later(a.calls.observed.Add(stale), a.checks.next(a.calls.checkEvery(longestBlock, span)))
		held = Earlier(held, Later(now, check))
	}
	return Later(Later(a.Block.Next(now), held), a.calls.nextOfShare(now, 1, span))
}

// NextOf is the earliest time, not before now, at which so many calls may be sent one after the
// other, or as many of them as the limit ever allows. For one call use Next, which lets one pass
// that checks a hold.
func (a App) NextOf(now time.Time, calls int) time.Time {
	if a.Block.Probing() {
		return a.Block.Next(now)
	}
	a.calls.share = a.Share
	points := float64(calls)
	if a.calls.limit > 0 {
		points = max(1, min(points, math.Floor(a.Share.of(a.calls.usable()))-1))
	}
	return Later(Later(a.Block.Next(now), a.hold(now, points)), a.calls.nextOfShare(now, points, a.calls.span(callSpan)))
}

// hold is when the calls fit into the limit, and another one that checks the hold after them.
func (a App) hold(now time.Time, calls float64) time.Time {
	span := a.calls.span(callSpan)
	if a.calls.guessed(now, span) {
		calls++
	}
	return a.calls.next(now, calls, span)
}

// Spend charges a call that will be sent now.
func (a App) Spend(now time.Time) App {
	if span := a.calls.span(callSpan); a.calls.guessed(now, span) && a.hold(now, 1).After(now) {
		a.checks = a.checks.sent(now, a.calls.checkEvery(longestBlock, span))
	}
	a.Block = a.Block.Spend(now)
	a.calls.share = a.Share
	a.calls = a.calls.charge(now, 1, a.calls.span(callSpan))
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
		a.checks.harmful = a.checks.harmful || left.Equal(a.checks.last)
		base, most := GuessWait(e, tier)
		a.Block = a.Block.Close(left, now, e.RetryAfter, base, a.Block.mostGuess(now, e, most))
	}
	return a
}

// Passed records that a call sent at left was not throttled.
func (a App) Passed(left, now time.Time) App {
	was := a.Block
	a.Block = a.Block.Passed(left, now)
	if was.Probing() && !a.Block.Probing() { // a level from before it says nothing any more
		a.calls = a.calls.forgetTold(left)
	}
	a.calls.recent = a.calls.recent.took(now.Sub(left))
	a.calls.lag = a.calls.lag.pass(left, 1)
	a.calls = a.calls.passed(now, 1, float64(a.inFlight), a.calls.span(callSpan), nil)
	return a
}

// Observe learns from the utilisation in X-App-Usage, in whole percent rounded down. The
// first rise shows the limit, because none is documented.
func (a App) Observe(now time.Time, percent float64) App {
	if a.calls.limit == 0 {
		a.calls.limit = unknownApp
	}
	guessed := a.calls.limit == unknownApp
	a.calls = a.calls.observe(now, percent, wholePercent, float64(a.inFlight), a.calls.span(callSpan))
	if guessed { // a level of a limit that is only a guess says nothing of what others use
		a.calls = a.calls.withOthers(0, 0)
	}
	a.calls = a.calls.learnFall(now, percent, wholePercent, float64(a.inFlight), callSpan)
	return a
}

// unknownApp is assumed as the app's limit, in calls per hour, until a rise was seen.
const unknownApp = 200_000
