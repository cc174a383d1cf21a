package quota

import (
	"math"
	"time"
)

// maxPercent is the highest utilisation that is accepted, in percent. Values above 100
// have been seen (118 before a wait of 47 minutes); much higher ones would close a lane
// for hours.
const maxPercent = 200

// wholePercent is the precision of the headers that count calls, in percent. The score
// has decimals.
const wholePercent = 1

// observe learns from the utilisation in a header, in percent and rounded down to multiples
// of step, while flight points of ours are in flight and may not be counted yet. If the
// header agrees with the estimated level, the estimate stays, because it is more precise.
func (m meter) observe(now time.Time, percent, step, flight float64, span time.Duration) meter {
	if math.IsNaN(percent) || percent < 0 {
		return m
	}
	percent = min(percent, maxPercent)
	m.belief, m.reported = holds, true
	// Answers may overtake each other: of those within a second the highest is the newest.
	if percent >= m.peak || now.Sub(m.peaked) > time.Second {
		m.peak, m.peaked = percent, now
	}
	percent = m.peak
	own := m.own.at(now, span).sum
	if m.limit <= 0 { // all documented limits were exceeded without a throttle
		m.limit = max(own/max(percent, 1)*100, minLimit)
	}
	m = m.late(now, percent, step, span)
	if late := m.lag.of(); late > 0 {
		flight += m.own.since(now, late, span)
	}
	flight += min(m.recent.sum(now), max(0, (maxPercent-percent)/100*m.limit))
	m = m.calibrate(now, percent, step, flight, span)
	low, level := percent/100*m.limit, m.known(now, span)
	high := low + step*0.9/100*m.limit + flight
	surplus := 0.0
	if level < low {
		surplus = max(0, high-flight-level)
	}
	m = m.compare(now, surplus, span)
	if level < low || level > high {
		level = high
	}
	m.leakLevel, m.leakAt = level, now
	m = m.boundShare(now, low+step/100*m.limit+flight, span)
	m.observed, m.observedLevel, m.observedOwn, m.added = now, level, own, 0
	return m
}

// forgetTold forgets a level that a header gave before a time. Only our own count remains.
func (m meter) forgetTold(before time.Time) meter {
	if m.reported && m.observed.Before(before) {
		m.observed, m.leakLevel, m.peak = time.Time{}, 0, 0
		m = m.withOthers(0, m.reserve)
	}
	return m
}

// calibrate computes the real limit from the rise of the percentage with the points that
// passed, within a time in which little of the level decays. It is unknown whether points in
// flight are counted, so they must be few. If the rise contradicts the limit, the limit is
// corrected and measured again, because others may have caused the rise.
func (m meter) calibrate(now time.Time, percent, step, flight float64, span time.Duration) meter {
	if m.proven {
		return m
	}
	dt := now.Sub(m.anchored)
	if m.anchored.IsZero() || dt > span/10 || percent < m.anchor || percent >= 100 {
		return m.measure(now, percent, flight)
	}
	rise := percent - m.anchor
	if m.linear {
		rise += 100 * dt.Seconds() / span.Seconds()
	}
	if rise < 15 || m.passedPoints < max(8*max(m.anchoredFlight, flight), minLimit) {
		return m
	}
	limit := m.passedPoints / rise * 100
	if limit >= 0.8*m.limit && limit <= 1.25*m.limit {
		m.proven = true
		return m
	}
	m = m.withLimit(max(limit, minLimit))
	m.unsure = max(step, 0.01) / rise
	return m.measure(now, percent, flight)
}

// withLimit replaces the limit. What others use was measured as a share of it.
func (m meter) withLimit(limit float64) meter {
	if m.limit > 0 {
		m = m.withOthers(m.others*limit/m.limit, m.reserve*limit/m.limit)
	}
	m.limit = limit
	return m
}

// assume begins anew with a limit that holds because the user says so, or is suspected. A level that a
// header or a throttle showed was a part of a higher limit.
func (m meter) assume(b belief, limit float64) meter {
	if limit < m.limit {
		m = m.scaled(limit / m.limit)
	}
	m.belief, m.limit, m.proven = b, limit, b == holds
	return m
}

// scaled has the levels that were shares of a limit be shares of another one.
func (m meter) scaled(by float64) meter {
	m.leakLevel, m.highest, m.observedLevel = m.leakLevel*by, m.highest*by, m.observedLevel*by
	return m.withOthers(m.others*by, m.reserve*by)
}

// measure starts a measurement of the limit.
func (m meter) measure(now time.Time, percent, flight float64) meter {
	m.anchor, m.anchored, m.anchoredFlight, m.passedPoints = percent, now, flight, 0
	return m
}
