package quota

import "time"

// SpentElsewhere records calls that another process of ours sent at a time that may be past. They
// count as the lane's own, except that no answer to them is awaited here, and that MaxRate does
// not apply to them. They are taken to have passed: of a throttle the other process tells (see
// [Block.Imposed]).
func (l Lane) SpentElsewhere(at, now time.Time, c Cost, r Rules) Lane {
	l = l.start(r)
	at = Earlier(at, now) // clocks differ
	l.calls = l.calls.chargeElsewhere(at, now, float64(c.Calls), l.calls.span(callSpan))
	l.score = l.score.chargeElsewhere(at, now, float64(c.Points), l.score.span(scoreSpan))
	l.burst = l.burst.put(at, now, int32(c.Calls))
	return l
}

// SpentElsewhere records calls that another process of ours sent, as [Lane.SpentElsewhere] does.
func (a App) SpentElsewhere(at, now time.Time, calls int) App {
	a.calls.share = a.Share
	a.calls = a.calls.chargeElsewhere(Earlier(at, now), now, float64(calls), a.calls.span(callSpan))
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
func (m meter) chargeElsewhere(at, now time.Time, points float64, span time.Duration) meter {
	if now.Sub(at) >= span {
		return m
	}
	m.own = m.own.at(now, span).put(at, points, span)
	m.recent = m.recent.add(at, now, points)
	m.shareLeak, m.shareLeakAt = charged(m.shareLevel(at, span), m.shareLeak, points, at, m.shareLeakAt)
	m.shareLeak = min(m.shareLeak, m.shared()*maxPercent/100)

	missing := points
	if at.Before(m.observed) {
		if m, missing = m.explain(now, points, span); m.observed.Sub(at) > mostRecent {
			missing = 0
		}
	}
	m.observedOwn += points - missing
	m.added += missing
	m.leakLevel, m.leakAt = charged(m.leaking(at, span), m.leakLevel, missing, at, m.leakAt)
	if m.belief == holds {
		m.leakLevel = min(m.leakLevel, m.limit*maxPercent/100) // beyond the limit calls are refused, and do not count
	}
	m.highest = max(m.highest, m.leakLevel)

	m.decay.passed += points
	if at.Before(m.decay.since) {
		m.decay.own += points
		m.decay.flight += inFlightAt(m.decay.since, at, points)
	} else {
		m.decay.sent += points
	}
	if at.Before(m.anchored) {
		m.anchoredFlight += inFlightAt(m.anchored, at, points)
	} else {
		m.passedPoints += points
	}
	if at.Before(m.lag.changed) {
		m.lag.own += points
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

// inFlightAt is how much of points that another process of ours sent may have been in flight.
func inFlightAt(now, sent time.Time, points float64) float64 {
	if now.Sub(sent) > mostRecent {
		return 0
	}
	return points
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

// mostRecent is how long a call that another process of ours sent may be in flight: a header does
// not need to count it yet.
const mostRecent = 2 * time.Second

// recent are the points that other processes of ours sent in this second and in as many before
// it as mostRecent has.
type recent struct {
	second int64 // of the latest points, counted from 1970
	points [1 + mostRecent/time.Second]float64
}

func (r recent) add(at, now time.Time, points float64) recent {
	n, seconds := int64(len(r.points)), now.Unix()
	for ; r.second < seconds; r.second++ {
		if seconds-r.second > n {
			r.second = seconds - n
		}
		r.points[(r.second+1)%n] = 0
	}
	if s := at.Unix(); s > r.second-n {
		r.points[s%n] += points
	}
	return r
}

// sum is how many of the points may be in flight.
func (r recent) sum(now time.Time) (points float64) {
	for _, p := range r.add(now, now, 0).points {
		points += p
	}
	return points
}
