package quota

import (
	"time"

	"adferry/graph"
)

// App is what is known of the limit that all ad accounts of a token share. How
// many calls it allows is not documented for ads (200 an hour and user, for
// others); X-App-Usage tells the share that is used.
type App struct {
	Block  Block
	calls  meter
	flight int
}

// Next is the earliest moment from now on at which any call may be sent.
func (a App) Next(now time.Time) time.Time {
	return later(a.Block.Next(now), a.calls.next(now, 1, callSpan))
}

// Spend charges a call that is about to be sent.
func (a App) Spend(now time.Time) App {
	a.Block = a.Block.Spend(now)
	a.calls = a.calls.charge(now, 1, callSpan)
	a.flight++
	return a
}

// Back notes that a call is no longer on its way.
func (a App) Back() App {
	a.flight = max(0, a.flight-1)
	return a
}

// Throttled closes the gate of all after an error of a call that left then. What
// names no time and is no throttle closes nothing.
func (a App) Throttled(left, now time.Time, e *graph.Error, tier graph.Tier) App {
	if e.Class == graph.ThrottledApp || e.RetryAfter > 0 {
		base, most := Guess(e, tier)
		a.Block = a.Block.Close(left, now, e.RetryAfter, base, most)
	}
	return a
}

// Passed notes a call that left then, came back and was no throttle.
func (a App) Passed(left, now time.Time) App {
	a.Block = a.Block.Passed(left, now)
	a.calls.through++
	return a
}

// Observe takes the utilisation that X-App-Usage gave. It rounds down to whole
// percents, and no limit is documented: the first rise shows it.
func (a App) Observe(now time.Time, percent float64) App {
	if a.calls.limit == 0 {
		a.calls.limit = unknownApp
	}
	a.calls = a.calls.hear(now, percent, wholePercent, float64(a.flight), callSpan)
	return a
}

// unknownApp stands for the app's limit until its rise was seen.
const unknownApp = 200_000
