package quota

import (
	"math"
	"time"
)

// most is the highest utilisation that is believed, in percent. Values above 100
// have been seen (118 before a wait of 47 minutes); what is far above says no
// more than that, and would close a lane for hours.
const most = 200

// wholePercent is the step of the headers that count calls. The score has
// decimals.
const wholePercent = 1

// hear takes the utilisation that a header gave, rounded down to whole steps,
// while points of ours were on their way and may not be counted yet. Where the
// header allows what was thought anyway it stays, for that is finer.
func (m meter) hear(now time.Time, percent, step, flight float64, span time.Duration) meter {
	if math.IsNaN(percent) || percent < 0 {
		return m
	}
	percent = min(percent, most)
	m.belief, m.reported = holds, true
	// Answers overtake each other: within a second the highest is the newest.
	if percent >= m.peak || now.Sub(m.peaked) > time.Second {
		m.peak, m.peaked = percent, now
	}
	percent = m.peak
	own := m.own.at(now, span).sum
	if m.limit <= 0 { // all that is documented was left behind
		m.limit = max(own/max(percent, 1)*100, least)
	}
	m = m.calibrate(now, percent, flight, span)
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
	m.leak, m.leakAt = level, now
	m.heard, m.heardAt, m.heardOwn, m.added = now, level, own, 0
	return m
}

// reserveFor is how long what others took is kept free for them, less and less.
const reserveFor = 3 * time.Hour

// compare finds what others take in how far a level lay above ours.
func (m meter) compare(now time.Time, surplus float64, span time.Duration) meter {
	dt := now.Sub(m.heard).Seconds()
	if m.heard.IsZero() || dt < 1 {
		return m
	}
	// Nobody can take more for long than the limit gives back.
	m.others = min(0.6*m.others+0.4*surplus/dt, m.limit/span.Seconds())
	if m.others < m.limit/span.Seconds()/50 {
		m.others = 0
	}
	m.reserve = max(min(m.reserve, m.limit/span.Seconds())*math.Exp(-dt/reserveFor.Seconds()), m.others)
	return m
}

// calibrate finds the real limit from how fast the percentage rises with what
// passes, within a time in which little leaks away. What is on its way may be
// counted or not, so it has to be little beside that. A limit that the rise
// contradicts is corrected and measured again: others may have caused it.
func (m meter) calibrate(now time.Time, percent, flight float64, span time.Duration) meter {
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
	if rise < 15 || m.through < max(8*max(m.anchoredFlight, flight), least) {
		return m
	}
	limit := m.through / rise * 100
	if limit >= 0.8*m.limit && limit <= 1.25*m.limit {
		m.proven = true
		return m
	}
	m.limit = max(limit, least)
	return m.measure(now, percent, flight)
}

// measure begins a measurement of the limit.
func (m meter) measure(now time.Time, percent, flight float64) meter {
	m.anchor, m.anchored, m.anchoredFlight, m.through = percent, now, flight, 0
	return m
}

// shaped learns from the time until the level is 0, in which a full one leaks
// away evenly within the span or is forgotten at its end, how it falls. An empty
// level says nothing, and a full one the same of both.
func (m meter) shaped(percent float64, reset, span time.Duration) meter {
	if percent < 5 || percent > 80 {
		return m
	}
	even := time.Duration(percent / 100 * float64(span))
	m.linear = (reset - even).Abs() <= 2*time.Second+even/20
	return m
}
