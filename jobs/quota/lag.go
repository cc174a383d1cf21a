package quota

import "time"

// lag is how late the headers of a budget show what was sent. A level that stays the same to
// the last digit while calls pass that were sent after it was read, more than the API could
// forget meanwhile, is an old one.
type lag struct {
	percent float64   // the level in the latest header
	changed time.Time // when it last changed
	own     float64   // the sum of our own points then
	first   time.Time // when the first call was sent that passed since; zero: none did
	passed  float64   // points that were sent and passed since
	old     bool      // the level is an old one
	most    time.Duration
}

// mostLag is the longest lag that is believed. A level that stays the same for longer does
// not count our calls.
const mostLag = 90 * time.Second

// soon is in which time the points have to pass: later, others may have stopped meanwhile, or
// the level falls faster than is known.
const soon = 10 * time.Second

// of is how late the headers are, as far as is known.
func (l lag) of() time.Duration {
	if l.most > mostLag {
		return 0
	}
	return l.most
}

// pass records a call sent at left that was not throttled.
func (l lag) pass(left time.Time, points float64) lag {
	if l.changed.IsZero() || !left.After(l.changed) {
		return l
	}
	if l.first.IsZero() || left.Before(l.first) {
		l.first = left
	}
	l.passed += points
	return l
}

// late learns how late headers are from the level in one, in percent and rounded down to
// multiples of step.
func (m meter) late(now time.Time, percent, step float64, span time.Duration) meter {
	l, own := &m.lag, m.own.at(now, span).sum
	if percent != l.percent || l.changed.IsZero() {
		*l = lag{percent: percent, changed: now, own: own, most: l.most}
		return m
	}
	lost := m.limit * now.Sub(l.changed).Seconds() / span.Seconds()
	since, fresh := now.Sub(l.first), m.own.since(now, span/2, span) >= own // else the API forgets points, too
	if fresh && percent < 100 && since < soon && min(l.passed, own-l.own) > max(minLimit, (3+3*step)/100*m.limit)+lost {
		l.old = true
	}
	if l.old {
		l.most = max(l.most, since)
	}
	return m
}
