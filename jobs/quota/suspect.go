package quota

import (
	"math"
	"slices"
	"time"
)

// near is how close to a documented limit counts as at it: four writes' points.
const near = 12

// passed notes points that were let through. A suspected limit that was left
// behind does not hold: the next one is suspected, and if it had been found by
// throttles, one not far above it. Such a find is suspected again after a while
// without throttles, for it may have been chance, and the API may have become
// more generous.
func (m meter) passed(now time.Time, points, flight float64, span time.Duration, documented []float64) meter {
	m.through += points
	if m.belief == holds && m.calm > 0 && !m.reported && now.Sub(m.found) > m.calm {
		m.belief, m.proven = suspected, false
	}
	if m.near(now, flight, span) {
		m.tested += points
	}
	if m.belief == suspected && m.limit > 0 && m.top-flight > m.limit*1.01+near {
		was := m.limit
		m.tested = 0
		m.limit = above(was, documented)
		if m.calm > 0 && (m.limit == 0 || m.limit > was*growth) {
			m.limit = was * growth
		}
	}
	return m
}

// growth is how far above a limit that was found and then left behind the next
// one is suspected.
const growth = 1.25

// The times without throttles after which a limit that throttles showed is put
// to the test again, at first; each time that it still holds they double. A test
// costs a block, and what is documented is more likely to be true.
const (
	calmFound      = time.Hour
	calmDocumented = 6 * time.Hour
	calmMost       = 24 * time.Hour
)

// above is the least documented limit above what has passed, or 0.
func above(passed float64, documented []float64) float64 {
	for _, d := range documented {
		if d > passed {
			return d
		}
	}
	return 0
}

// refused notes a throttle for this budget. Where headers tell the level, they
// tell the limit, too. Otherwise it is the documented limit nearby, or else what
// was sent so far: a guess, and one that would slow the lane down. So a throttle
// that tells nothing of itself and strikes elsewhere is believed when two more
// strike at the same level; throttles that come anyhow have their wait and no
// more.
func (m meter) refused(now time.Time, told bool, span time.Duration, documented []float64) meter {
	m.top, m.tested = 0, 0
	sum, leaking := m.own.at(now, span).sum, m.leaking(now, span)
	if m.reported || m.belief == holds && sum > 0.9*m.limit {
		m.belief, m.found = holds, now
		return m.surprised(now, span)
	}
	limit, linear := max(sum, least), m.linear
	for _, d := range documented {
		close := 0.1 * d
		if d < 1000 { // near it calls went one at a time
			close = near
		}
		switch {
		case math.Abs(leaking-d) <= close && sum > 1.03*d+near: // more passed than a window would hold
			limit, linear = d, true
		case math.Abs(sum-d) <= close:
			limit = d
		}
	}
	if math.Abs(limit-m.struck) > 0.05*m.struck {
		m.struck, m.strikes = limit, 0
	}
	m.strikes++
	believed, calm := m.strikes >= 3, calmFound
	if slices.Contains(documented, limit) {
		believed, calm = true, calmDocumented
	}
	if !told && !believed {
		return m
	}
	was := m.belief
	m.belief, m.found, m.calm = holds, now, min(max(calm, 2*m.calm), calmMost)
	if sum < documented[0]/4 { // it cannot be all: others, or a run before this one, took the rest
		if was == suspected {
			m.limit = documented[0]
		}
		return m.filled(now, sum)
	}
	m.proven, m.heard = !told, time.Time{} // own alone tells the level
	m.limit, m.linear = limit, linear
	m.leak, m.leakAt = min(leaking, limit), now // what was known of a larger limit would leak for weeks
	return m
}

// surprised notes that a call was refused that should have fitted: others took
// more since the last answer than was kept free for them.
func (m meter) surprised(now time.Time, span time.Duration) meter {
	dt := now.Sub(m.heard)
	if missing := m.limit - m.level(now, span); missing > 0 && dt >= time.Second && dt < span {
		m.reserve = min(max(2*m.reserve, missing/dt.Seconds()), m.limit/span.Seconds())
	}
	return m
}

// filled takes the level to be at the limit, of which own is ours.
func (m meter) filled(now time.Time, own float64) meter {
	m.leak, m.leakAt = m.limit, now
	m.heard, m.heardAt, m.heardOwn, m.added = now, m.limit, own, 0
	return m
}

// retier takes the limit that the tier documents in place of one that was only
// suspected, or taken from what any tier documents. What headers told was a share
// of that.
func (m meter) retier(documented, any []float64) meter {
	if m.belief == holds && (m.proven || !slices.Contains(any, m.limit)) {
		return m
	}
	if scale := documented[0] / m.limit; m.belief == holds {
		m.leak, m.heardAt, m.others, m.reserve = m.leak*scale, m.heardAt*scale, m.others*scale, m.reserve*scale
	}
	m.limit = documented[0]
	return m
}
