package sandbox

import "time"

// report is the usage of an ad account at one moment.
type report struct {
	at    time.Time
	usage usage
}

// usage is what the usage headers say of an ad account.
type usage struct {
	calls     float64 // percent
	regain    time.Duration
	hasScore  bool
	score     float64 // percent
	scoreZero time.Duration
}

// report returns the usage for the headers of an answer given now.
func (m *meter) report(now time.Time) usage {
	if n := len(m.reports); n == 0 || m.headers.Lag <= 0 || now.Sub(m.reports[n-1].at) >= m.headers.Lag {
		m.reports = append(m.reports, report{at: now, usage: m.measure(now)})
	}
	// Of those that are old enough the latest counts; before there is one, the first.
	for len(m.reports) > 1 && now.Sub(m.reports[1].at) >= m.headers.Delay {
		m.reports = m.reports[1:]
	}
	return m.reports[0].usage
}

// reportBefore keeps what was true Headers.Delay ago, if nothing happened since. Only then
// can it be measured later.
func (m *meter) reportBefore(now time.Time) {
	if m.headers.Delay <= 0 || len(m.reports) == 0 {
		return
	}
	if then := now.Add(-m.headers.Delay); then.After(m.reports[len(m.reports)-1].at) {
		m.reports = append(m.reports, report{at: then, usage: m.measure(then)})
	}
}

func (m *meter) measure(now time.Time) usage {
	var u usage
	above100 := m.headers.Above100
	if m.hour != nil {
		u.calls = m.hour.percent(now, above100)
		if m.hour.refused > 0 {
			u.regain = m.hour.wait(now)
		}
	}
	if m.score != nil {
		u.hasScore = true
		u.score = m.score.percent(now, above100)
		u.scoreZero = m.score.ledger.until(now, 0)
	}
	if left := m.hold.until.Sub(now); left > 0 && m.hold.code.class() >= 80000 {
		u.calls, u.regain = max(u.calls, 100), max(u.regain, left)
	}
	u.regain = max(u.regain, m.regainUntil.Sub(now))
	return u
}
