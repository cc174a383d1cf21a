package quota

import (
	"math"
	"time"
)

// surplus is by how much the levels in headers exceeded our own count, from which it is learned
// what others use. Part of it may be what other processes of ours sent, and told late.
type surplus struct {
	points float64   // at the time below, of all levels until then; fades within fading
	at     time.Time // of the last one

	last, seconds   float64 // of the latest two levels that were compared, and the time between them
	others, reserve float64 // as known before
}

// fading is how fast it is forgotten what levels exceeded our count by. Processes of ours tell
// each other sooner what they sent.
const fading = 10 * time.Second

// faded is what is left of the points of all levels.
func (s surplus) faded(now time.Time) float64 {
	return s.points * math.Exp(-max(0, now.Sub(s.at)).Seconds()/fading.Seconds())
}

// reserveDecay is the time constant with which the reserve for others decreases.
const reserveDecay = 3 * time.Hour

// compare learns what others use from how far a reported level exceeds our own count.
func (m meter) compare(now time.Time, exceeds float64, span time.Duration) meter {
	m.surplus.points, m.surplus.at = m.surplus.faded(now)+exceeds, now
	dt := now.Sub(m.observed).Seconds()
	if m.observed.IsZero() || dt < 1 || m.hears(now) {
		return m
	}
	m.surplus.last, m.surplus.seconds = exceeds, dt
	m.surplus.others, m.surplus.reserve = m.others, m.reserve
	return m.infer(span)
}

// hears reports whether other processes of ours tell what they send. The one that writes at the
// limit would show as others to one that only reads there: then that would leave as much free as it
// takes itself for the writer's, and wait for ever.
func (m meter) hears(now time.Time) bool {
	return !m.recent.heard.IsZero() && now.Sub(m.recent.heard) < fading
}

// infer is what others use, from the latest two levels and what was known before.
func (m meter) infer(span time.Duration) meter {
	s := m.surplus
	// In the long run nobody can use more than the limit regains.
	m.others = min(0.6*s.others+0.4*s.last/s.seconds, m.limit/span.Seconds())
	if m.others < m.limit/span.Seconds()/50 {
		m.others = 0
	}
	m.reserve = max(min(s.reserve, m.limit/span.Seconds())*math.Exp(-s.seconds/reserveDecay.Seconds()), m.others)
	return m
}

// explain takes points that were our own from the surplus, and returns those that were not in it.
func (m meter) explain(now time.Time, points float64, span time.Duration) (meter, float64) {
	all := m.surplus.faded(now)
	known := min(points, max(all, m.surplus.last))
	m.surplus.points, m.surplus.at = max(0, all-known), now
	if last := min(known, m.surplus.last); last > 0 {
		m.surplus.last -= last
		m = m.infer(span)
	}
	return m, points - known
}

// withOthers replaces what is known of others' use.
func (m meter) withOthers(others, reserve float64) meter {
	m.others, m.reserve = others, reserve
	m.surplus = surplus{}
	return m
}
