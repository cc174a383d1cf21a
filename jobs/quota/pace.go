package quota

import "time"

// perSecond is the documented limit of requests a second of an app and ad
// account (Marketing API, "Rate limiting"). It is documented for edits of ads,
// ad sets and campaigns; whether it holds for images is not.
const perSecond = 100

// The rates tried on both sides of the limit: one call fewer, for the API's
// second may begin elsewhere in a tick, and as few more as surely exceed it.
const (
	belowLimit = perSecond * 0.99
	aboveLimit = perSecond * 1.08
)

// Pace is what is thought of the limit of requests a second. It is one limit for
// all ad accounts, so what one lane learns the others take over, and only one at
// a time goes above it to see.
type Pace struct {
	over  bool          // it does not hold
	holds bool          // it does, at rate
	rate  float64       // calls in any one second; 10 at least, to find out more soon
	cut   time.Time     // when rate was last changed
	calm  time.Duration // after which a higher rate is tried; doubles each time it was too high
	trial time.Time     // when a lane went above
}

// trialTime is how long a trial may take until its answers are there; later
// another lane may try.
const trialTime = 10 * time.Second

// documented reports whether the rate is the documented one or little less:
// there it stays. Any other was a guess, and may grow.
func (p Pace) documented() bool { return p.rate >= perSecond*0.9 && p.rate <= perSecond }

// passed notes a call that was let through.
func (p Pace) passed(now time.Time) Pace {
	if p.calm > 0 && now.Sub(p.cut) > p.calm && !p.documented() {
		p.rate, p.cut = p.rate*1.15, now
	}
	return p
}

// refused notes the throttle of this limit at so many calls within a second.
// Refused just above the documented rate, that rate holds; far above or below
// it, something else does.
func (p Pace) refused(now time.Time, calls float64, mine bool) Pace {
	if p.holds && now.Sub(p.cut) < time.Second {
		return p // the same excess
	}
	switch {
	case p.over:
		p.rate = max(belowLimit, calls*0.75)
	case !p.holds && mine:
		p.rate = belowLimit
	case !p.holds:
		p.rate = max(10, calls*0.75)
	default:
		p.rate = max(10, p.rate*0.8)
	}
	p.cut, p.trial = now, time.Time{}
	p.holds, p.over, p.calm = true, false, max(10*time.Second, 2*p.calm)
	return p
}
