package quota

import "time"

// decay is how the level of a budget was seen to decay: the time in which a full level
// falls to 0, which may differ from the documented one, and what it was learned from.
type decay struct {
	span  time.Duration // 0: as documented
	known bool          // headers showed it; else the documented span is a guess
	told  bool          // headers give the time until the level is 0

	percent float64       // with reset: the sample with which the next one is compared
	reset   time.Duration // until the level is 0

	from   float64   // percent when the current measurement of the fall began
	since  time.Time // when that was; zero: there is none
	flight float64   // points in flight then
	own    float64   // the sum of our own points then
	sent   float64   // points charged since

	full   time.Time // when a throttle last showed the level at the limit
	passed float64   // points that passed since
	drain  float64   // points per second that the last two throttles allowed, if that was less than expected
}

// A span of more than mostSpans times the documented one is not believed, nor one of less than
// a sixtieth of it.
const (
	mostSpans = 12
	leastSpan = 60 // a sixtieth
)

// span is the time in which the limit may be spent, as learned or else as documented.
func (m meter) span(documented time.Duration) time.Duration {
	if m.decay.span > 0 {
		return m.decay.span
	}
	return documented
}

// guessed reports whether headers give the level, and did within the span, but have not shown
// how it decays.
func (m meter) guessed(now time.Time, span time.Duration) bool {
	return m.belief == holds && m.reported && !m.decay.known && now.Sub(m.observed) < span
}

// learned changes to a span that headers showed.
func (m meter) learned(now time.Time, span, documented time.Duration, linear bool) meter {
	span = min(max(span, documented/leastSpan), documented*mostSpans)
	if (span - documented).Abs() <= documented/10 {
		span = documented
	}
	was := m.span(documented)
	m.linear, m.decay.known = linear, true
	if span == was {
		return m
	}
	m.leakLevel, m.leakAt = m.leaking(now, was), now
	m.own = m.own.respan(now, was, span)
	m.observedOwn = max(0, m.own.sum-m.added)
	m.decay.span = span
	return m
}

// learnReset learns the decay from the time until the level is 0: a level that decays
// linearly needs its share of the span, any other the whole span. It ignores low levels,
// whose times are imprecise, and high ones, whose times are the same. A span other than the
// documented one shows in two levels.
func (m meter) learnReset(now time.Time, percent float64, reset, documented time.Duration) meter {
	switch {
	case percent < 5 || percent > 80:
		m.decay.told = m.decay.told || reset > 0
		return m
	case reset <= 0:
		m.linear = m.linear && m.decay.known
		return m
	}
	m.decay.told = true
	span, before := m.span(documented), m.decay
	if before.percent == 0 || percent < before.percent-5 || percent > before.percent+5 {
		m.decay.percent, m.decay.reset = percent, reset
	}
	share := func(of time.Duration) time.Duration { return time.Duration(percent / 100 * float64(of)) }
	apart := before.percent > 0 && (percent < before.percent/1.3 || percent > before.percent*1.3)
	switch {
	case before.known && m.linear && near(reset, share(span)), before.known && !m.linear && near(reset, span):
		return m
	case near(reset, share(documented)):
		return m.learned(now, documented, documented, true)
	case near(reset, documented):
		return m.learned(now, documented, documented, false)
	case apart && near(reset, time.Duration(float64(before.reset)*percent/before.percent)):
		return m.learned(now, time.Duration(float64(reset)*100/percent), documented, true)
	case apart && near(reset, before.reset):
		return m.learned(now, reset, documented, false)
	case !before.known:
		m.linear = false
	}
	return m
}

// near reports whether two times until a level is 0 may be the same: they are whole seconds,
// and the level moves between two answers.
func near(a, b time.Duration) bool { return (a - b).Abs() <= 2*time.Second+b/20 }

// learnFall learns the decay from how far a level falls between two answers, if headers do
// not tell when it will be 0. What our own count forgets meanwhile explains a fall otherwise.
func (m meter) learnFall(now time.Time, percent, step, flight float64, documented time.Duration) meter {
	d, span := m.decay, m.span(documented)
	own := m.own.at(now, span).sum
	if d.told || m.lag.of() > 0 {
		return m
	}
	explained := !m.linear && (m.own.since(now, span*4/5, span) < own || d.own+d.sent > own+0.01*m.limit) // points were, or may have been, forgotten
	if d.since.IsZero() || percent > 100 || percent < 5 || explained || m.hears(now) {                    // what other processes of ours sent may be told in between
		return m.measureFall(now, percent, flight, own)
	}
	dt := now.Sub(d.since)
	fall, unsure := d.from+100*d.sent/m.limit-percent, 100*(flight+d.flight)/m.limit+step
	switch expected := 100 * dt.Seconds() / span.Seconds(); {
	case !d.known && dt >= leastCheck && fall-unsure >= leastFall && d.from-percent >= leastFall:
		m = m.learned(now, time.Duration(float64(dt)*100/(fall-unsure)), documented, true)
	case d.known && expected >= 10 && expected >= 5*unsure && fall < expected/4: // it was no decay
		m = m.learned(now, documented, documented, false)
		m.decay.known = false
	case d.known && expected >= 10 && expected >= 5*unsure:
		fall = min(max(fall, expected/2), expected*2) // others may have caused it
		m = m.learned(now, (span+time.Duration(float64(dt)*100/fall))/2, documented, true)
	case !d.known && percent > d.from: // a rise hides what falls
	default:
		return m
	}
	return m.measureFall(now, percent, flight, m.own.sum)
}

// leastFall is by how much a level has to fall for its decay to be learned, in percent.
const leastFall = 2

// measureFall starts a measurement.
func (m meter) measureFall(now time.Time, percent, flight, own float64) meter {
	m.decay.from, m.decay.since, m.decay.flight, m.decay.own, m.decay.sent = percent, now, flight, own, 0
	return m
}

// learnThrottle learns the decay from the time between two throttles if no header gives the
// level: it was at the limit at both, so what passed between them is what it fell by, unless
// that is so much that it may have been 0. Two times in a row that agree show a longer span
// than documented; one may be chance, or others. So small a fall shows a linear decay.
func (m meter) learnThrottle(now time.Time, documented time.Duration) meter {
	d, span := m.decay, m.span(documented)
	m.decay.full, m.decay.passed, m.decay.drain = now, 0, 0
	dt := now.Sub(d.full)
	if m.reported || m.belief != holds || m.limit <= 0 || d.full.IsZero() || dt < leastCheck || d.passed < minLimit || d.passed > 0.8*m.limit {
		return m
	}
	drain, expected := d.passed/dt.Seconds(), m.limit/span.Seconds()
	switch {
	case d.known && drain < expected: // learned from throttles before, but not well enough
		drain = max(drain, expected/growth)
	case d.known || drain > 0.8*expected:
		return m
	default:
		m.decay.drain = drain
		if d.drain < drain/1.5 || d.drain > drain*1.5 {
			return m
		}
		drain = (drain + d.drain) / 2
	}
	m = m.learned(now, time.Duration(m.limit/drain*1e9), documented, true)
	m.leakLevel, m.leakAt = m.limit, now
	return m
}
