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
	last        report
}

// hold is a block that a fault imposed.
type hold struct {
	until time.Time
	code  Code
}

// report is the usage in the latest headers, and when it was measured.
type report struct {
	at    time.Time
	usage usage
}

func newMeter(tier Tier, limits Limits, activeAds int) meter {
	l := limits.withDefaults(tier, activeAds)
	return meter{tier: tier, code: l.ScoreCode, hour: l.hourly(), score: l.score(), burst: l.burst()}
}

// take charges one call. It returns the error code if the call is refused, else "".
// repeat is true if the account was already blocked.
func (m *meter) take(now time.Time, write bool) (code Code, repeat bool) {
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

// usage is the usage in the headers.
type usage struct {
	calls     float64 // percent
	regain    time.Duration
	hasScore  bool
	score     float64 // percent
	scoreZero time.Duration
}

func (m *meter) usage(now time.Time, h Headers) usage {
	if h.Lag > 0 && !m.last.at.IsZero() && now.Sub(m.last.at) < h.Lag {
		return m.last.usage
	}
	var u usage
	if m.hour != nil {
		u.calls = m.hour.percent(now, h.Above100)
		if m.hour.refused > 0 {
			u.regain = m.hour.wait(now)
		}
	}
	if m.score != nil {
		u.hasScore = true
		u.score = m.score.percent(now, h.Above100)
		u.scoreZero = m.score.ledger.until(now, 0)
	}
	if left := m.hold.until.Sub(now); left > 0 && m.hold.code.class() >= 80000 {
		u.calls, u.regain = max(u.calls, 100), max(u.regain, left)
	}
	u.regain = max(u.regain, m.regainUntil.Sub(now))
	m.last = report{at: now, usage: u}
	return u
}
