package quota

import (
	"math"
	"time"
)

// belief says whether a budget is known to hold.
type belief uint8

const (
	suspected belief = iota // it is documented, but nothing has shown it
	holds                   // a header or a throttle showed it
)

// meter estimates the level of one budget: so many points within a span. It is charged when
// calls are sent (here), corrected by headers (observe.go), and without headers by the
// experience that calls pass or are throttled (suspected.go).
type meter struct {
	belief   belief
	reported bool    // headers give its level
	limit    float64 // points, at least minLimit; of a suspected budget the next documented limit, 0 if none is left
	unsure   float64 // of a limit that the rise of the level gave: how wrong it may be, as a share
	proven   bool    // the user gave the limit, the rise of the level confirmed it, or a throttle showed it
	least    float64 // the documented limit of Limited access, 0 if none is documented
	deletion float64 // what a deletion takes with the reading that permits it

	share       Share   // that the job may use
	shareLeak   float64 // how much of it was used at shareLeakAt, if the level decays linearly
	shareLeakAt time.Time

	own       window  // what we sent
	recent    recent  // what other processes of ours sent just now
	linear    bool    // the level decays linearly, as headers showed; else points are forgotten a span later
	decay     decay   // how the level was seen to decay
	lag       lag     // how late headers show what we sent
	leakLevel float64 // the level at leakAt if it decays linearly
	leakAt    time.Time
	tested    float64 // points that passed near the limit while it is suspected
	highest   float64 // the highest linear level since the last throttle

	observed      time.Time // when a header last gave the level
	observedLevel float64   // the level then, with the points in flight
	observedOwn   float64   // the sum of own then
	added         float64   // charged since

	peak   float64 // highest percentage within a second
	peaked time.Time

	throttleLimit float64       // the limit that the last throttle suggested
	throttles     int           // how many throttles in a row suggested it
	found         time.Time     // when a throttle last showed the limit
	calm          time.Duration // after which a limit found by throttles is suspected again; 0: not found so

	others  float64 // points per second that others use
	reserve float64 // the most of that in the last hours
	surplus surplus // what that was learned from

	anchor         float64 // percent when the current measurement of the limit began
	anchored       time.Time
	anchoredFlight float64 // points in flight then
	passedPoints   float64 // points that passed since
}

// minLimit is the lowest limit that is accepted, in points: two writes. Below it no write would
// fit beside what others use.
const minLimit = 6

// usable is the level up to which a budget is used. Two percent of a large limit cover
// differences between our count and the API's, and of one that was measured how wrong it may
// be; of a small one the headers show every point.
// What others use in twenty seconds stays free, because that is about the time between two
// answers of a slow lane.
func (m meter) usable() float64 {
	full := m.limit
	if m.limit >= 1000 || m.unsure > 0 {
		full *= 1 - max(0.02, m.unsure)
	}
	return max(full-m.reserve*20, m.limit/2)
}

// level is the estimate of how many points the API counts now.
func (m meter) level(now time.Time, span time.Duration) float64 {
	return m.known(now, span) + m.unreported(now, span)
}

// unreported is what others are assumed to have used since a header last gave the level. It
// counts at most a fifth of a span, because they may have stopped.
func (m meter) unreported(now time.Time, span time.Duration) float64 {
	if m.observed.IsZero() || now.Sub(m.observed) >= span {
		return 0
	}
	return m.others * min(now.Sub(m.observed), span/5).Seconds()
}

// known is the level without unreported.
func (m meter) known(now time.Time, span time.Duration) float64 {
	if m.linear {
		return m.leaking(now, span)
	}
	own := m.own.at(now, span).sum
	if m.observed.IsZero() || now.Sub(m.observed) >= span { // the API has forgotten what it counted then
		return max(own, m.leaking(now, span)) // it is unknown how the level decays
	}
	left, ahead := m.left(own)
	// What others used is forgotten, too, at unknown times.
	others := max(0, m.observedLevel-m.observedOwn) * min(1, now.Sub(m.observed).Seconds()/span.Seconds())
	return max(0, m.observedLevel+m.added-max(0, left-ahead)-others)
}

// left is how many of our own points have left the span since a header gave the level, and
// how many of them the API had forgotten by then, because own forgets late.
func (m meter) left(own float64) (left, ahead float64) {
	return m.observedOwn + m.added - own, max(0, m.observedOwn-m.observedLevel)
}

// leaking is the level if it decays linearly.
func (m meter) leaking(now time.Time, span time.Duration) float64 {
	return max(0, m.leakLevel-now.Sub(m.leakAt).Seconds()*m.limit/span.Seconds())
}

// charge counts points that will be sent now.
func (m meter) charge(now time.Time, points float64, span time.Duration) meter {
	m.leakLevel, m.leakAt = m.leaking(now, span)+points, now
	m.highest = max(m.highest, m.leakLevel)
	m.shareLeak, m.shareLeakAt = m.shareLevel(now, span)+points, now
	m.own = m.own.add(now, points, span)
	m.added += points
	m.decay.sent += points
	return m
}

// next is when the points will fit, or a time within a fifth of the span at which to ask
// again, because others may have stopped by then.
func (m meter) next(now time.Time, points float64, span time.Duration) time.Time {
	if m.belief != holds || m.limit <= 0 {
		return now
	}
	over := m.level(now, span) + points - m.usable()
	switch {
	case over <= 1e-6:
		return now
	case m.linear:
		drain := max(m.limit/span.Seconds()-m.others, m.limit/span.Seconds()/10)
		return Earlier(now.Add(time.Duration(over/drain*1e9)+span/30_000), now.Add(span/5))
	}
	own := m.own.at(now, span).sum
	if !m.observed.IsZero() {
		left, ahead := m.left(own)
		over += max(0, ahead-left)
	}
	at := m.own.fallsTo(now, own-over, span)
	switch others := m.observedLevel - m.observedOwn; {
	case others > m.limit/50: // what others used is forgotten, too
		if !at.After(now) { // ... and of ours nothing
			at = now.Add(time.Duration(min(over/others, 1) * float64(span)))
		}
		at = Earlier(at, now.Add(span/10))
	case !at.After(now): // it is over by more than we sent: others may have stopped
		at = now.Add(span / 30)
	case now.Sub(m.recent.heard) < span: // what other processes of ours send may show that it is forgotten sooner
		at = Earlier(at, now.Add(span/10))
	}
	return Later(at, now.Add(span/3000)) // not at once, which would be a busy loop
}

// fits reports whether the points fit below the limit.
func (m meter) fits(now time.Time, points float64, span time.Duration) bool {
	return m.level(now, span)+points <= m.limit+1e-6
}

// untilMeasured is up to which level, in percent, more than one call is in flight before the
// limit is proven: without calls in flight the next answer measures it.
const untilMeasured = 90

// room is how many points may be in flight at once. Near a suspected limit it is only as many
// as may be refused together: less than a thousandth of a run of six limits, and slowly more
// as calls there pass, so that a level that decays as fast is exceeded at last. Below a limit
// that is not proven it is a quarter: if the real limit is half the documented one, half of it
// is left to find that out.
func (m meter) room(now time.Time, flight float64, span time.Duration) float64 {
	switch {
	case m.limit <= 0:
	case m.nearLimit(now, flight, span):
		return m.limit/180 + m.tested/50
	case m.guessed(now, span) && m.observedLevel > m.limit/2 && now.Sub(m.observed) > stale:
		return flight + 1e-6 // the next answer says what is left
	case m.belief == holds && !m.proven:
		room := m.limit / 4
		if rise := m.peak - m.anchor; rise >= 5 { // what passed since shows what the rest is at least
			room = min(room, m.passedPoints/rise*(untilMeasured-m.peak))
		}
		return room
	}
	return math.Inf(1)
}

// full reports whether so many points more would be too many in flight at once, beside ours and
// what other processes of ours sent.
func (m meter) full(now time.Time, ours, points int, span time.Duration) bool {
	flight := float64(ours) + m.recent.sum(now)
	return flight+float64(points) > m.room(now, flight, span)
}

// nearLimit reports whether the next calls may show whether a suspected limit holds.
func (m meter) nearLimit(now time.Time, flight float64, span time.Duration) bool {
	if m.belief != suspected || m.limit <= 0 {
		return false
	}
	own := m.own.at(now, span).sum
	return own >= m.limit-nearMargin && own-flight <= m.limit+nearMargin || m.leaking(now, span) >= m.limit-nearMargin
}
