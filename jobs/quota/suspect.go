package quota

import (
	"math"
	"slices"
	"time"
)

// near is how close to a documented limit counts as at it: four writes' points.
const near = 12

// passed notes points that were let through: a suspected limit that was left
// behind does not hold, and the next one is suspected.
func (m meter) passed(now time.Time, points, flight float64, span time.Duration, documented []float64) meter {
	m.through += points
	if m.belief == suspected && m.limit > 0 && m.leaking(now, span)-flight > m.limit*1.03+near {
		m.limit = above(m.limit, documented)
	}
	return m
}

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
// was sent so far: a guess, and one that would slow the lane down for good. So a
// throttle that tells nothing of itself is believed when the next one strikes at
// the same documented limit, or two more at the same level; throttles that come
// anyhow have their wait and no more.
func (m meter) refused(now time.Time, told bool, span time.Duration, documented []float64) meter {
	sum, leaking := m.own.at(now, span).sum, m.leaking(now, span)
	if m.reported || m.belief == holds && sum > 0.9*m.limit {
		m.belief = holds
		return m
	}
	limit, linear := max(sum, least), m.linear
	for _, d := range documented {
		close := 0.1 * d
		if d < 1000 { // near it calls went one at a time
			close = 6
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
	believed := m.strikes >= 3 || m.strikes == 2 && slices.Contains(documented, limit)
	if !told && !believed {
		return m
	}
	was := m.belief
	m.belief = holds
	if sum < documented[0]/4 { // it cannot be all: others, or a run before this one, took the rest
		if was == suspected {
			m.limit = documented[0]
		}
		return m.filled(now, sum)
	}
	m.proven, m.heard = !told, time.Time{} // own alone tells the level
	m.limit, m.linear = limit, linear
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
