package quota

import "time"

// perSecond is the documented limit of calls per second of an app and ad account (Marketing
// API, "Rate limiting"). It is documented for edits of ads, ad sets and campaigns, but not
// whether it holds for images.
const perSecond = 100

// The rates below and above the limit: one call fewer, because the API's second may begin
// at any point of a tick, and a few more, which certainly exceed it.
const (
	belowLimit = perSecond * 0.99
	aboveLimit = perSecond * 1.08
)

// Pace is what is known about the limit of calls per second. All ad accounts have the same
// limit, so each lane adopts what another one learned, and only one lane at a time tries
// whether it holds.
type Pace struct {
	over    bool          // the limit does not hold
	holds   bool          // it holds, at rate
	rate    float64       // calls per second, at least 10, so that it can grow
	changed time.Time     // when rate last changed
	calm    time.Duration // after which a higher rate is tried; doubles each time it was too high
	trialAt time.Time     // when a lane began a trial
}

// trialTimeout is how long a trial and its answers may take before another lane may begin
// one.
const trialTimeout = 10 * time.Second

// documented reports whether the rate is the documented one or a little less. Then it
// stays; any other rate is a guess and may grow.
func (p Pace) documented() bool { return p.rate >= perSecond*0.9 && p.rate <= perSecond }

// With is what is known with what another process of ours learned: what is known rather than not,
// and the later of two throttles.
func (p Pace) With(q Pace) Pace {
	if q.changed.After(p.changed) || (q.over || q.holds) && !p.over && !p.holds {
		return q
	}
	return p
}

// passed records a call that was not throttled.
func (p Pace) passed(now time.Time) Pace {
	if p.calm > 0 && now.Sub(p.changed) > p.calm && !p.documented() {
		p.rate, p.changed = p.rate*1.15, now
	}
	return p
}

// refused records a throttle by this limit after calls within a second. In a trial it shows
// that the documented rate holds; else the rate is a guess below calls.
func (p Pace) refused(now time.Time, calls float64, inTrial bool) Pace {
	if p.holds && now.Sub(p.changed) < time.Second {
		return p // it is about the same excess
	}
	switch {
	case p.over:
		p.rate = max(belowLimit, calls*0.75)
	case !p.holds && inTrial:
		p.rate = belowLimit
	case !p.holds:
		p.rate = max(10, calls*0.75)
	default:
		p.rate = max(10, p.rate*0.8)
	}
	p.changed, p.trialAt = now, time.Time{}
	p.holds, p.over, p.calm = true, false, max(10*time.Second, 2*p.calm)
	return p
}
