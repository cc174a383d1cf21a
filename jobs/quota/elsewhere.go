package quota

import "time"

// SpentElsewhere records calls that another process of ours sent at a time that may be past. They
// count as the lane's own, except that no answer to them is awaited here, and that MaxRate does
// not apply to them. They are taken to have passed: of a throttle the other process tells (see
// [Block.Imposed]).
func (l Lane) SpentElsewhere(at, now time.Time, c Cost, r Rules) Lane {
	l = l.start(r)
	at = Earlier(at, now) // clocks differ
	l.calls = l.calls.chargeElsewhere(at, now, float64(c.Calls), float64(l.inFlight.Calls), l.calls.span(callSpan))
	l.score = l.score.chargeElsewhere(at, now, float64(c.Points), float64(l.inFlight.Points), l.score.span(scoreSpan))
	l.burst = l.burst.put(at, now, int32(c.Calls))
	return l
}

// SpentElsewhere records calls that another process of ours sent, as [Lane.SpentElsewhere] does.
func (a App) SpentElsewhere(at, now time.Time, calls int) App {
	a.calls.share = a.Share
	a.calls = a.calls.chargeElsewhere(Earlier(at, now), now, float64(calls), float64(a.inFlight), a.calls.span(callSpan))
	return a
}

// Unspend takes back a call that was charged at left and did not leave after all. It is no longer
// in flight (Answered), and if it was a probe, another one may be sent (Block.Returned).
func (l Lane) Unspend(left, now time.Time, c Cost, r Rules) Lane {
	l.calls = l.calls.unspend(left, now, float64(c.Calls), l.calls.span(callSpan))
	l.score = l.score.unspend(left, now, float64(c.Points), l.score.span(scoreSpan))
	l.burst = l.burst.put(left, now, int32(-c.Calls))
	l.checks = l.checks.undo(left)
	if r.MaxRate > 0 && c == Write {
		l.nextWrite = l.nextWrite.Add(-r.period())
	}
	return l
}

// Unspend takes back calls, as [Lane.Unspend] does.
func (a App) Unspend(left, now time.Time, calls int) App {
	a.calls = a.calls.unspend(left, now, float64(calls), a.calls.span(callSpan))
	a.checks = a.checks.undo(left)
	return a
}

// chargeElsewhere counts points that another process of ours sent at an earlier time. If a header
// gave the level since, it may count them already: then they are part of its surplus, or were sent
// so long before that it surely counts them. Else the next header corrects the level.
func (m meter) chargeElsewhere(at, now time.Time, points, flight float64, span time.Duration) meter {
	if now.Sub(at) >= span {
		return m
	}
	known := m.known(now, span)
	m.own = m.own.at(now, span).put(at, points, span)
	m.recent = m.recent.add(at, now, points)
	m.shareLeak, m.shareLeakAt = charged(m.shareLevel(at, span), m.shareLeak, points, at, m.shareLeakAt)
	m.shareLeak = min(m.shareLeak, m.shared()*maxPercent/100)

	missing := points
	if at.Before(m.observed) {
		if m, missing = m.explain(now, points, span); m.observed.Sub(at) > m.recent.flight() {
			missing = 0
		}
	}
	leaks := missing
	if m.belief == holds && m.limit > 0 { // the other process stays below that level, too: more was counted twice
		most := m.usable() + flight
		missing = min(missing, max(0, most-known))
		leaks = min(leaks, max(0, most-m.leaking(now, span)))
	}
	m.observedOwn += points - missing
	m.added += missing
	m.leakLevel, m.leakAt = charged(m.leaking(at, span), m.leakLevel, leaks, at, m.leakAt)
	m.highest = max(m.highest, m.leakLevel)

	m.decay.passed += points
	if at.Before(m.decay.since) {
		m.decay.own += points
		m.decay.flight += m.recent.inFlight(m.decay.since, at, points)
	} else {
		m.decay.sent += points
	}
	if at.Before(m.anchored) {
		m.anchoredFlight += m.recent.inFlight(m.anchored, at, points)
	} else {
		m.passedPoints += points
	}
	if at.Before(m.lag.changed) {
		m.lag.own += points
	}
	if m.belief == holds && !m.decay.known && m.own.sum > 1.03*m.limit+nearMargin { // the other process knows that points are not forgotten a span later
		m.linear = true
	}
	return m
}

// charged is a level that decays linearly, and its time, after points at a time that may be
// before that of the level: then they are on top of it. level is what it was at that time, if
// that is later.
func charged(level, latest, points float64, at, latestAt time.Time) (float64, time.Time) {
	if at.Before(latestAt) {
		return latest + points, latestAt
	}
	return level + points, at
}

// unspend takes back points that were charged at left.
func (m meter) unspend(left, now time.Time, points float64, span time.Duration) meter {
	m.own = m.own.at(now, span).put(left, -points, span)
	m.shareLeak, m.shareLeakAt = max(0, m.shareLevel(now, span)-points), now
	m.leakLevel, m.leakAt = max(0, m.leaking(now, span)-points), now
	m.highest = max(m.leakLevel, m.highest-points)
	added := min(points, m.added) // a header may have come since, and the points counted as in flight
	m.added -= added
	m.observedLevel = max(0, m.observedLevel-(points-added))
	m.observedOwn = max(0, m.observedOwn-(points-added))
	m.decay.sent = max(0, m.decay.sent-points)
	return m
}
