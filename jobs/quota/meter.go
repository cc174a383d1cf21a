package quota

import (
	"math"
	"time"
)

// belief is what is thought of a budget.
type belief uint8

const (
	suspected belief = iota // documented, and nothing was seen of it
	holds                   // a header or a throttle showed it
)

// meter is the shadow of one budget: so many points within a span. It is charged
// as calls are sent (here), corrected by what the headers say (hear.go), and put
// to the test where nothing says anything (suspect.go).
type meter struct {
	belief   belief
	reported bool    // headers tell its level
	limit    float64 // points, and least at least; for a suspected budget the next documented limit above what has passed, 0 when none is left
	proven   bool    // the user named the limit, the rise of the level agreed with it, or a throttle showed it

	own    window  // what was sent
	linear bool    // the level leaks evenly, as the headers show; else it is forgotten a span later
	leak   float64 // the level at the last change, if it leaks evenly
	leakAt time.Time
	tested float64 // points that passed near the limit while it is suspected
	top    float64 // the highest level, if it leaks evenly, at which calls were sent since the last throttle

	heard    time.Time // when a header last told the level
	heardAt  float64   // the level then, with what was on its way
	heardOwn float64   // what own counted then
	added    float64   // charged since

	peak   float64 // highest percentage of the last second
	peaked time.Time

	struck  float64 // the limit that the last throttle pointed to, by itself
	strikes int     // how many in a row did
	found   time.Time
	calm    time.Duration // after which a limit found by throttles is put to the test again; 0: it was not

	others  float64 // points a second that others take
	reserve float64 // the most of that in the last hours

	anchor         float64 // percent when the present measurement of the limit began
	anchored       time.Time
	anchoredFlight float64 // points that were on their way then
	through        float64 // points that passed since
}

// least is the smallest limit that is believed, two writes: below it no write
// would ever fit beside what others take.
const least = 6

// full is the level up to which a budget is let run. Two percent of a large one
// cover what the API counts otherwise than we do; a small one shows every point.
// Twenty seconds of what others lately took stay free: about as long passes
// between two answers of a slow lane.
func (m meter) full() float64 {
	full := m.limit
	if m.limit >= 1000 {
		full *= 0.98
	}
	return max(full-m.reserve*20, m.limit/2)
}

// level is how many points the API is thought to count now.
func (m meter) level(now time.Time, span time.Duration) float64 {
	return m.known(now, span) + m.unseen(now, span)
}

// unseen is what others are thought to have taken since a header last told the
// level: no more than a fifth of a span of it, for they may have ended.
func (m meter) unseen(now time.Time, span time.Duration) float64 {
	if m.heard.IsZero() || now.Sub(m.heard) >= span {
		return 0
	}
	return m.others * min(now.Sub(m.heard), span/5).Seconds()
}

// known is the level without what others took unseen.
func (m meter) known(now time.Time, span time.Duration) float64 {
	if m.linear {
		return m.leaking(now, span)
	}
	own := m.own.at(now, span).sum
	if m.heard.IsZero() || now.Sub(m.heard) >= span { // what the API counted then, it has forgotten
		return max(own, m.leaking(now, span)) // whichever of the two it is
	}
	left, ahead := m.left(own)
	// What others took is forgotten, too, at moments that are not known.
	strange := max(0, m.heardAt-m.heardOwn) * min(1, now.Sub(m.heard).Seconds()/span.Seconds())
	return max(0, m.heardAt+m.added-max(0, left-ahead)-strange)
}

// left is how much of what own counted has left the span since the API told the
// level, and how much of it the API had forgotten by then: own forgets late.
func (m meter) left(own float64) (left, ahead float64) {
	return m.heardOwn + m.added - own, max(0, m.heardOwn-m.heardAt)
}

// leaking is the level if it leaks evenly.
func (m meter) leaking(now time.Time, span time.Duration) float64 {
	return max(0, m.leak-now.Sub(m.leakAt).Seconds()*m.limit/span.Seconds())
}

// charge counts points that are about to be sent.
func (m meter) charge(now time.Time, points float64, span time.Duration) meter {
	m.leak, m.leakAt = m.leaking(now, span)+points, now
	m.top = max(m.top, m.leak)
	m.own = m.own.add(now, points, span)
	m.added += points
	return m
}

// next is when the points fit. It looks again within a fifth of the span: by
// then others may have ended.
func (m meter) next(now time.Time, points float64, span time.Duration) time.Time {
	if m.belief != holds || m.limit <= 0 {
		return now
	}
	over := m.level(now, span) + points - m.full()
	switch {
	case over <= 1e-6:
		return now
	case m.linear:
		drain := max(m.limit/span.Seconds()-m.others, m.limit/span.Seconds()/10)
		return earlier(now.Add(time.Duration(over/drain*1e9)+span/30_000), now.Add(span/5))
	}
	own := m.own.at(now, span).sum
	if !m.heard.IsZero() {
		left, ahead := m.left(own)
		over += max(0, ahead-left)
	}
	at := m.own.falls(now, own-over, span)
	if strange := m.heardAt - m.heardOwn; strange > m.limit/50 { // others' falls, too
		if !at.After(now) { // ... and nothing else could
			at = now.Add(time.Duration(min(over/strange, 1) * float64(span)))
		}
		at = earlier(at, now.Add(span/10))
	}
	return later(at, now.Add(span/3000)) // where own explains nothing: soon, but no busy loop
}

// room is how many points may be on their way at once. Near a limit that is
// documented and was not seen, only so much is risked as may be refused
// together: less than a thousandth of a run of six limits, and slowly more as calls there
// pass, so that a level that leaks as fast is left behind at last.
// Below one whose size was not proven, a quarter: at half the documents half of
// it is left to find that out.
func (m meter) room(now time.Time, flight float64, span time.Duration) float64 {
	switch {
	case m.limit <= 0:
	case m.near(now, flight, span):
		return m.limit/180 + m.tested/50
	case m.belief == holds && !m.proven:
		return m.limit / 4
	}
	return math.Inf(1)
}

// near reports whether the next calls may find out that a suspected limit holds.
func (m meter) near(now time.Time, flight float64, span time.Duration) bool {
	if m.belief != suspected || m.limit <= 0 {
		return false
	}
	own := m.own.at(now, span).sum
	return own >= m.limit-near && own-flight <= m.limit+near || m.leaking(now, span) >= m.limit-near
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
