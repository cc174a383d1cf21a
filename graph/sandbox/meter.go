package sandbox

import "time"

// meter is the quota of one ad account: its budgets, and a block imposed by a fault.
type meter struct {
	tier        Tier
	code        Code // error code of the score
	hour        *budget
	score       *budget
	burst       *budget
	hold        hold
	regainUntil time.Time // until then the headers say to wait, because a fault does
	headers     Headers
	reports     []report // what headers may still give

	peakCalls, peakScore float64 // the highest levels, in percent
}

// hold is a block that a fault imposed.
type hold struct {
	until time.Time
	code  Code
}

func newMeter(tier Tier, limits Limits, h Headers) meter {
	l := limits.withDefaults(tier)
	return meter{tier: tier, headers: h, code: l.ScoreCode, hour: l.hourly(), score: l.score(), burst: l.burst()}
}

// take charges one call. It returns the error code if the call is refused, else "".
// repeat is true if the account was already blocked.
func (m *meter) take(now time.Time, write bool) (code Code, repeat bool) {
	m.reportBefore(now)
	defer m.notePeaks(now)
	points := 1.0
	if write {
		points = 3
	}
	switch {
	case now.Before(m.hold.until):
		return m.hold.code, true
	case m.score != nil && m.score.penalty > 0 && m.score.exhausted(now, points):
		_, repeat = m.score.take(now, points)
		return m.code, repeat
	case m.hour != nil && m.hour.exhausted(now, 1):
		_, repeat = m.hour.take(now, 1)
		return codeHourly, repeat
	}
	if m.burst != nil {
		if ok, _ := m.burst.take(now, 1); !ok {
			return codeBurst, false
		}
	}
	if m.score != nil {
		if ok, repeat := m.score.take(now, points); !ok {
			return m.code, repeat
		}
	}
	if m.hour != nil {
		m.hour.take(now, 1)
	}
	return "", false
}

func (m *meter) notePeaks(now time.Time) {
	if m.hour != nil {
		m.peakCalls = max(m.peakCalls, m.hour.percent(now, true))
	}
	if m.score != nil {
		m.peakScore = max(m.peakScore, m.score.percent(now, true))
	}
}
