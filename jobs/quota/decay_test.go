package quota

import (
	"testing"
	"time"
)

// The time until a level is 0 shows the span, and whether the level decays linearly.
func TestSpanFromReset(t *testing.T) {
	type told struct {
		percent float64
		reset   time.Duration
	}
	const s = time.Second
	for _, test := range []struct {
		name   string
		told   []told
		span   time.Duration
		known  bool
		linear bool
	}{
		{"documented, linear", []told{{20, 60 * s}}, s300, true, true},
		{"documented, forgotten at once", []told{{20, 300 * s}}, s300, true, false},
		{"a fifth, linear", []told{{10, 6 * s}, {40, 24 * s}}, 60 * s, true, true},
		{"five times, linear", []told{{10, 150 * s}, {40, 600 * s}}, 1500 * s, true, true},
		{"a fifth, forgotten at once", []told{{10, 60 * s}, {40, 60 * s}}, 60 * s, true, false},
		{"one level is not enough", []told{{10, 6 * s}}, s300, false, false},
		{"two that are close are not, either", []told{{40, 24 * s}, {45, 27 * s}}, s300, false, false},
		{"low and high ones say nothing", []told{{2, s}, {100, 60 * s}}, s300, false, false},
		{"nearly documented counts as documented", []told{{10, 28 * s}, {40, 115 * s}}, s300, true, true},
		{"absurd", []told{{10, 100_000 * s}, {40, 400_000 * s}}, 12 * s300, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := spent(holds, 60, 30)
			for _, h := range test.told {
				m = m.learnReset(noon, h.percent, h.reset, s300)
			}
			if got := m.span(s300); got != test.span || m.decay.known != test.known || m.linear != test.linear {
				t.Errorf("got a span of %v, known %v, linear %v, want %v, %v, %v", got, m.decay.known, m.linear, test.span, test.known, test.linear)
			}
		})
	}
}

// How far a level falls between two answers shows the span where no reset time is told.
func TestSpanFromFall(t *testing.T) {
	type told struct {
		at      time.Duration
		percent float64
	}
	const s = time.Second
	for _, test := range []struct {
		name  string
		step  float64
		told  []told
		span  time.Duration
		known bool
	}{
		{"documented", 0, []told{{0, 90}, {15 * s, 85}}, s300, true},
		{"a fifth", 0, []told{{0, 90}, {6 * s, 80}}, 60 * s, true},
		{"five times", 0, []told{{0, 90}, {60 * s, 86}}, 1500 * s, true},
		{"in whole percents, at most so fast", 1, []told{{0, 90}, {6 * s, 79}}, 60 * s, true},
		{"too little", 0, []told{{0, 90}, {4 * s, 89}}, s300, false},
		{"too soon", 0, []told{{0, 90}, {2 * s, 80}}, s300, false},
		{"all at once", 0, []told{{0, 90}, {6 * s, 0}}, s300, false},
		{"after a rise", 0, []told{{0, 50}, {s, 90}, {7 * s, 80}}, 60 * s, true},
		{"only once: it was no decay", 0, []told{{0, 90}, {6 * s, 80}, {30 * s, 80}}, s300, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := meter{belief: holds, limit: 60, proven: true}
			for _, h := range test.told {
				now := noon.Add(h.at)
				m = m.observe(now, h.percent, test.step, 0, m.span(s300)).learnFall(now, h.percent, test.step, 0, s300)
			}
			if got := m.span(s300); (got-test.span).Abs() > time.Second || m.decay.known != test.known {
				t.Errorf("got a span of %v, known %v, want %v, %v", got, m.decay.known, test.span, test.known)
			}
		})
	}
	t.Run("what is forgotten explains a fall", func(t *testing.T) {
		m := spent(holds, 60, 57).observe(noon, 95, 0, 0, s300).learnFall(noon, 95, 0, 0, s300)
		now := noon.Add(290 * time.Second)
		m = m.observe(now, 60, 0, 0, s300).learnFall(now, 60, 0, 0, s300)
		if m.decay.known {
			t.Errorf("got a span of %v", m.span(s300))
		}
	})
}

// A level that stays the same while calls pass is an old one, as long as that is credible.
func TestLag(t *testing.T) {
	for _, test := range []struct {
		name    string
		percent float64 // told while a call passes each second
		for_    time.Duration
		want    time.Duration
	}{
		{"in time", 1, 30 * time.Second, 0},
		{"late", 0, 30 * time.Second, 29 * time.Second},
		{"of something else", 0, 3 * time.Minute, 0},
	} {
		m := meter{belief: holds, limit: 60, proven: true}.observe(noon, 0, 0, 0, s300)
		level := 0.0
		for at := time.Second; at <= test.for_; at += time.Second {
			now := noon.Add(at)
			m = m.charge(now, 3, s300)
			m.lag = m.lag.pass(now, 3)
			level += test.percent
			m = m.observe(now, level, 0, 0, s300)
		}
		if got := m.lag.of(); got != test.want {
			t.Errorf("%s: got a lag of %v, want %v", test.name, got, test.want)
		}
	}
}

// Without headers the time between throttles, and what passed between them, shows a span
// that is longer than documented.
func TestSpanFromThrottles(t *testing.T) {
	type throttle struct {
		after  time.Duration // since the one before
		passed float64       // meanwhile
	}
	const s = time.Second
	for _, test := range []struct {
		name      string
		throttles []throttle
		span      time.Duration
		known     bool
	}{
		{"as documented", []throttle{{0, 60}, {100 * s, 20}, {100 * s, 20}, {100 * s, 20}}, s300, false},
		{"one may be chance", []throttle{{0, 60}, {300 * s, 12}}, s300, false},
		{"and so may two that differ", []throttle{{0, 60}, {300 * s, 12}, {300 * s, 30}}, s300, false},
		{"five times", []throttle{{0, 60}, {300 * s, 12}, {300 * s, 12}}, 1500 * s, true},
		{"found to be longer still", []throttle{{0, 60}, {300 * s, 15}, {300 * s, 15}, {300 * s, 13}}, 300 * s * 60 / 13, true},
		{"once more, by a quarter at most", []throttle{{0, 60}, {300 * s, 15}, {300 * s, 15}, {300 * s, 6}}, 1500 * s, true},
		{"a level that may have been 0 between says nothing", []throttle{{0, 60}, {900 * s, 60}, {900 * s, 60}}, s300, false},
		{"nor do probes alone", []throttle{{0, 60}, {300 * s, 1}, {300 * s, 1}}, s300, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, now := spent(holds, 60, 57), noon
			for _, h := range test.throttles {
				now = now.Add(h.after)
				m = m.passed(now, h.passed, 0, m.span(s300), nil).learnThrottle(now, s300)
			}
			if got := m.span(s300); (got-test.span).Abs() > time.Second || m.decay.known != test.known {
				t.Errorf("got a span of %v, known %v, want %v, %v", got, m.decay.known, test.span, test.known)
			}
		})
	}
	t.Run("with headers they say nothing", func(t *testing.T) {
		m, now := spent(holds, 60, 57).observe(noon, 95, 0, 0, s300), noon
		for range 4 {
			now = now.Add(300 * s)
			m = m.passed(now, 12, 0, s300, nil).learnThrottle(now, s300)
		}
		if m.span(s300) != s300 {
			t.Errorf("got a span of %v, want the documented one", m.span(s300))
		}
	})
}

// A span that was learned too long shows in headers only if the job goes on: what they say that all
// have used is the most that it can have used of its share.
func TestShareOfSpanLearnedTooLong(t *testing.T) {
	now := time.Unix(1e9, 0)
	m := meter{belief: holds, reported: true, limit: 300, share: 0.5, linear: true, decay: decay{known: true, span: 6 * time.Hour}}
	for range 150 {
		m = m.charge(now, 1, 6*time.Hour)
	}
	now = now.Add(2 * time.Hour) // by which a rolling hour has forgotten them
	if next := m.nextOfShare(now, 60, 6*time.Hour); !next.After(now) {
		t.Fatal("the share was not used up")
	}
	m = m.observe(now, 4, wholePercent, 0, 6*time.Hour)
	if next := m.nextOfShare(now, 60, 6*time.Hour); next.After(now) {
		t.Errorf("the share is used up for %v after a header with 4%%", next.Sub(now))
	}
	if next := m.nextOfShare(now, 136, 6*time.Hour); !next.After(now) {
		t.Error("136 of 150 calls fit beside 5% of 300")
	}
}
