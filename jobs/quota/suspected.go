package quota

import (
	"math"
	"slices"
	"time"
)

// nearMargin is how close to a documented limit counts as near, in points: four writes.
const nearMargin = 12

// passed records points that were not throttled. A suspected limit that was exceeded does
// not hold: the next documented one is suspected, or one a little above it if throttles had
// shown it. A limit that only throttles showed is suspected again after a time without
// throttles, because it may have been chance, and the API may have become more generous.
func (m meter) passed(now time.Time, points, flight float64, span time.Duration, documented []float64) meter {
	m.passedPoints += points
	m.decay.passed += points
	if m.belief == holds && m.calm > 0 && !m.reported && now.Sub(m.found) > m.calm {
		m.belief, m.proven = suspected, false
	}
	flight += m.recent.sum(now)
	if m.nearLimit(now, flight, span) {
		m.tested += points
	}
	if m.belief == suspected && m.limit > 0 && m.highest-flight > m.limit*1.01+nearMargin {
		was := m.limit
		m.tested = 0
		m.limit = nextDocumented(was, documented)
		if m.calm > 0 && (m.limit == 0 || m.limit > was*growth) {
			m.limit = was * growth
		}
	}
	return m
}

// growth is the ratio between a limit that throttles showed and that was exceeded later, and
// the next one that is suspected.
const growth = 1.25

// The first times without throttles after which a limit that throttles showed is suspected
// again; they double each time that it still holds. A test costs a block, and documented
// limits are more likely to hold.
const (
	calmFound      = time.Hour
	calmDocumented = 6 * time.Hour
	maxCalm        = 24 * time.Hour
)

// nextDocumented is the lowest documented limit above what has passed, or 0.
func nextDocumented(passed float64, documented []float64) float64 {
	for _, d := range documented {
		if d > passed {
			return d
		}
	}
	return 0
}

// refused records a throttle by this budget. If headers give the level, they show the limit,
// too. Else the limit is a documented one nearby or, as a guess, what was sent so far. A
// guess would slow the lane down, so it is accepted only after three throttles at the same
// level. Until then they only cause a wait.
func (m meter) refused(now time.Time, told bool, span time.Duration, documented []float64) meter {
	m.highest, m.tested = 0, 0
	sum, leaking := m.own.at(now, span).sum, m.leaking(now, span)
	if m.reported || m.belief == holds && sum > 0.9*m.limit {
		m.belief, m.found = holds, now
		return m.surprised(now, span)
	}
	limit, linear := max(sum, minLimit), m.linear
	for _, d := range documented {
		close := 0.1 * d
		if d < 1000 { // near it calls are sent one at a time
			close = nearMargin
		}
		switch {
		case math.Abs(leaking-d) <= close && sum > 1.03*d+nearMargin: // more passed than a window allows
			limit, linear = d, true
		case math.Abs(sum-d) <= close:
			limit = d
		}
	}
	if math.Abs(limit-m.throttleLimit) > 0.05*m.throttleLimit {
		m.throttleLimit, m.throttles = limit, 0
	}
	m.throttles++
	believed, calm := m.throttles >= 3, calmFound
	if slices.Contains(documented, limit) {
		believed, calm = true, calmDocumented
	}
	if !told && !believed {
		return m
	}
	was := m.belief
	m.belief, m.found, m.calm = holds, now, min(max(calm, 2*m.calm), maxCalm)
	if sum < documented[0]/4 { // others, or an earlier run, must have used the rest
		if was == suspected {
			m.limit = documented[0]
		}
		return m.atLimit(now, sum)
	}
	m.proven, m.observed = !told, time.Time{} // only own shows the level
	m.limit, m.linear = limit, linear
	m.leakLevel, m.leakAt = min(leaking, limit), now // a level from a higher limit would take weeks to decay
	return m
}

// surprised records that a call was refused although it should have fitted: others used
// more since the last answer than was reserved for them.
func (m meter) surprised(now time.Time, span time.Duration) meter {
	dt := now.Sub(m.observed)
	if missing := m.limit - m.level(now, span); missing > 0 && dt >= time.Second && dt < span {
		m = m.withOthers(m.others, min(max(2*m.reserve, missing/dt.Seconds()), m.limit/span.Seconds()))
	}
	return m
}

// atLimit sets the level to the limit, of which own is ours.
func (m meter) atLimit(now time.Time, own float64) meter {
	m.leakLevel, m.leakAt = m.limit, now
	m.observed, m.observedLevel, m.observedOwn, m.added = now, m.limit, own, 0
	return m
}

// retier replaces the limit by the documented one of the tier, unless it is proven or not a
// documented one. Levels from headers were shares of the limit and are scaled.
func (m meter) retier(documented, any []float64) meter {
	if m.belief == holds && (m.proven || !slices.Contains(any, m.limit)) {
		return m
	}
	if scale := documented[0] / m.limit; m.belief == holds {
		m = m.scaled(scale)
	}
	m.limit = documented[0]
	return m
}
