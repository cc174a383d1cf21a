package quota

import (
	"math"
	"testing"
	"time"
)

const s300 = 300 * time.Second

var points60 = []float64{60, 9000}

// spent is a meter of a limit that was charged at noon.
func spent(b belief, limit, points float64) meter {
	return meter{belief: b, limit: limit, proven: b == holds}.charge(noon, points, s300)
}

func TestMeterSuspected(t *testing.T) {
	for _, test := range []struct {
		name          string
		own, flight   float64
		unlimitedRoom bool
		left          bool // behind, when all but the flight passed
	}{
		{"far below", 30, 10, true, false},
		{"approached", 50, 10, false, false},
		{"reached", 60, 6, false, false},
		{"just above", 72, 0, false, false},
		{"left behind", 80, 3, false, true},
		{"left behind only with what is on its way", 80, 40, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := spent(suspected, 60, test.own)
			if got := m.next(noon, 3, s300); !got.Equal(noon) {
				t.Errorf("got next after %v, want full speed", got.Sub(noon))
			}
			if got := math.IsInf(m.room(noon, test.flight, s300), 1); got != test.unlimitedRoom {
				t.Errorf("got any number at once %v, want %v", got, test.unlimitedRoom)
			}
			want := 60.0
			if test.left {
				want = 9000
			}
			if got := m.passed(noon, 3, test.flight, s300, points60).limit; got != want {
				t.Errorf("got a limit of %v, want %v", got, want)
			}
		})
	}
	if got := spent(suspected, 9000, 9500).passed(noon, 3, 0, s300, points60); got.limit != 0 || got.belief != suspected {
		t.Errorf("all left behind: got a limit of %v, want none", got.limit)
	}
}

func TestMeterRefused(t *testing.T) {
	const other = 50 * time.Second // in which a limit of 60 leaks ten points
	slowly := spent(suspected, 60, 60).charge(noon.Add(2*other), 20, s300).charge(noon.Add(4*other), 20, s300)
	for _, test := range []struct {
		name   string
		m      meter
		at     time.Time
		told   bool
		times  int // refused
		holds  bool
		limit  float64
		level  float64
		linear bool
		proven bool
	}{
		{"once at the documented level", spent(suspected, 60, 57), noon, false, 1, true, 60, 57, false, true},
		{"again at the documented level", spent(suspected, 60, 57), noon, false, 2, true, 60, 57, false, true},
		{"twice at the next documented level", spent(suspected, 9000, 8700), noon, false, 2, true, 9000, 8700, false, true},
		{"twice elsewhere", spent(suspected, 60, 30), noon, false, 2, false, 60, 30, false, false},
		{"three times at half of it", spent(suspected, 60, 30), noon, false, 3, true, 30, 30, false, true},
		{"three times between two", spent(suspected, 9000, 2000), noon, false, 3, true, 2000, 2000, false, true},
		{"more passed than a window holds", slowly, noon.Add(4 * other), false, 2, true, 60, 60, true, true},
		{"little was sent: others took the rest", spent(suspected, 60, 3), noon, false, 3, true, 60, 60, false, false},
		{"nothing was sent, and a header tells", meter{limit: 60}, noon, true, 1, true, 60, 60, false, false},
		{"elsewhere, and a header tells", spent(suspected, 60, 30), noon, true, 1, true, 30, 30, false, false},
		{"headers told it before", spent(holds, 60, 30).observe(noon, 80, 0, 0, s300), noon, false, 3, true, 60, 48, false, true},
		{"at a limit known", spent(holds, 60, 58), noon, false, 3, true, 60, 58, false, true},
		{"three times below a limit known", spent(holds, 60, 40), noon, false, 3, true, 40, 40, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := test.m
			for range test.times {
				m = m.refused(test.at, test.told, s300, points60)
			}
			if got := m.belief == holds; got != test.holds || m.limit != test.limit || m.linear != test.linear || m.proven != test.proven {
				t.Errorf("got holds %v, limit %v, linear %v, proven %v, want %v, %v, %v, %v",
					got, m.limit, m.linear, m.proven, test.holds, test.limit, test.linear, test.proven)
			}
			if got := m.level(test.at, s300); test.holds && math.Abs(got-test.level) > 1e-6 {
				t.Errorf("got a level of %v, want %v", got, test.level)
			}
		})
	}
}

func TestMeterHear(t *testing.T) {
	const s = time.Second
	type header struct {
		at              time.Duration
		percent, flight float64
		want            float64
	}
	for _, test := range []struct {
		name    string
		headers []header
	}{
		{"agrees", []header{{s, 50, 0, 4500}}},
		{"corrects upwards", []header{{s, 80, 0, 7200}}},
		{"corrects downwards", []header{{s, 10, 0, 900}}},
		{"what is on its way explains the rest", []header{{s, 49.5, 90, 4500}}},
		{"adds what is on its way", []header{{s, 51, 90, 4680}}},
		{"an overtaken answer within a second", []header{{s, 50, 0, 4500}, {s + s/2, 45, 0, 4500}}},
		{"a lower one later", []header{{s, 50, 0, 4500}, {3 * s, 45, 0, 4050}}},
		{"above the limit", []header{{s, 118, 0, 10_620}}},
		{"far above it", []header{{s, 1000, 0, 18_000}}},
		{"not a number", []header{{s, 50, 0, 4500}, {3 * s, math.NaN(), 0, 4500}}},
		{"below zero", []header{{s, 50, 0, 4500}, {3 * s, -1, 0, 4500}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := spent(holds, 9000, 4500)
			for _, h := range test.headers {
				at := noon.Add(h.at)
				m = m.observe(at, h.percent, 0, h.flight, s300)
				if got := m.known(at, s300); math.Abs(got-h.want) > 1 {
					t.Errorf("after %v: got %v points, want %v", h.at, got, h.want)
				}
			}
		})
	}
	for _, test := range []struct {
		name                       string
		own, percent, flight, want float64
	}{
		{"within the step: ours is finer", 250, 83, 0, 250},
		{"the last of it", 299, 99, 0, 299},
		{"below it: others took something, as much as the step hides", 240, 83, 0, 251.7},
		{"above it: something is forgotten", 270, 83, 0, 251.7},
		{"above it only by what is on its way", 255, 83, 5, 255},
		{"full", 297, 100, 0, 302.7},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := spent(holds, 300, test.own).observe(noon, test.percent, wholePercent, test.flight, s300)
			if got := m.known(noon, s300); math.Abs(got-test.want) > 1e-6 {
				t.Errorf("got %v points, want %v", got, test.want)
			}
		})
	}
}

// Calls go out at a rate and are counted by an API with another limit than the
// documented one; headers round down to whole percents.
func TestMeterCalibrates(t *testing.T) {
	for _, test := range []struct {
		name   string
		real   float64
		flight int // calls on their way
	}{
		{"as documented", 9000, 0},
		{"half", 4500, 0},
		{"three times", 27_000, 0},
		{"half, much in flight", 4500, 40},
		{"three times, much in flight", 27_000, 80},
		{"a hundredth", 90, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := meter{limit: 9000}
			now, counted := noon, 0.0
			var out int
			for counted < 0.7*test.real {
				m = m.charge(now, 1, s300)
				counted++
				if out++; out > test.flight {
					out--
					m = m.passed(now, 1, float64(out), s300, points60)
					m = m.observe(now, math.Floor(counted/test.real*100), wholePercent, float64(out), s300)
				}
				now = now.Add(time.Millisecond)
			}
			if share := m.limit / test.real; share < 0.85 || share > 1.15 {
				t.Errorf("got a limit of %v, want %v", m.limit, test.real)
			}
			if !m.proven {
				t.Error("got it unproven")
			}
		})
	}
	t.Run("a rise that others caused is measured again", func(t *testing.T) {
		m := spent(holds, 9000, 0)
		m.proven = false
		m = m.observe(noon, 0, 0, 0, s300).charge(noon, 20, s300).passed(noon, 20, 0, s300, points60)
		m = m.observe(noon.Add(2*time.Second), 40, 0, 0, s300)
		if m.proven || m.limit > 1000 {
			t.Errorf("got proven %v, limit %v, want a small one for now", m.proven, m.limit)
		}
		now, counted := noon.Add(2*time.Second), 3600.0
		for range 4000 {
			now, counted = now.Add(time.Millisecond), counted+1
			m = m.charge(now, 1, s300).passed(now, 1, 0, s300, points60).observe(now, counted/90, 0, 0, s300)
		}
		if m.limit < 8500 || m.limit > 9500 {
			t.Errorf("got a limit of %v, want about 9000", m.limit)
		}
	})
}

func TestMeterShape(t *testing.T) {
	for _, test := range []struct {
		name    string
		percent float64
		reset   time.Duration
		was     bool
		want    bool
	}{
		{"leaks evenly", 50, 150 * time.Second, false, true},
		{"whole seconds", 9.67, 29 * time.Second, false, true},
		{"forgotten at the end", 50, 299 * time.Second, true, false},
		{"nearly empty says nothing", 2, 299 * time.Second, true, true},
		{"nearly full says nothing", 95, 285 * time.Second, false, false},
		{"no time at all", 50, 0, true, false},
	} {
		if got := (meter{linear: test.was}).learnReset(noon, test.percent, test.reset, s300).linear; got != test.want {
			t.Errorf("%s: got linear %v, want %v", test.name, got, test.want)
		}
	}
}

// What others take shows as a level above ours, is kept free, and is forgotten.
func TestMeterOthers(t *testing.T) {
	m := spent(holds, 9000, 0).observe(noon, 0, 0, 0, s300)
	now := noon
	for i := range 10 { // ten points a second
		now = now.Add(20 * time.Second)
		m = m.observe(now, float64(i+1)*200/90, 0, 0, s300)
	}
	if m.others < 8 || m.others > 16 { // what of theirs was forgotten meanwhile is not known
		t.Errorf("got %v points a second, want ten or some more", m.others)
	}
	if free := 9000*0.98 - m.usable(); free < 160 || free > 320 {
		t.Errorf("got %v points kept free, want those of twenty seconds", free)
	}
	for range 10 {
		now = now.Add(20 * time.Second)
		m = m.observe(now, 0, 0, 0, s300)
	}
	if m.others > 0.1 || m.reserve < 8 {
		t.Errorf("got %v points a second and %v in reserve, want none and what it was", m.others, m.reserve)
	}
	m = m.observe(now.Add(30*time.Hour), 0, 0, 0, s300)
	if m.reserve > 0.1 {
		t.Errorf("thirty hours later: got %v points a second in reserve, want none", m.reserve)
	}
}

func TestMeterRetier(t *testing.T) {
	heard := spent(holds, 60, 0)
	heard.proven = false
	heard = heard.observe(noon, 50, 0, 0, s300)
	found := spent(suspected, 60, 33).refused(noon, true, s300, points60)
	for _, test := range []struct {
		name         string
		m            meter
		to           float64
		limit, level float64
	}{
		{"suspected", spent(suspected, 60, 30), 9000, 9000, 30},
		{"all left behind", spent(suspected, 0, 30), 9000, 9000, 30},
		{"heard: the level is a share", heard, 9000, 9000, 4500},
		{"found by a refusal", found, 9000, 33, 33},
		{"named or measured", spent(holds, 60, 30), 9000, 60, 30},
	} {
		m := test.m.retier([]float64{test.to}, points60)
		if got := m.level(noon, s300); m.limit != test.limit || math.Abs(got-test.level) > 1e-6 {
			t.Errorf("%s: got limit %v, level %v, want %v, %v", test.name, m.limit, got, test.limit, test.level)
		}
	}
}

// A limit that throttles showed is suspected again after a calm, and left behind
// step by step when the API has become more generous.
func TestMeterTestsAgain(t *testing.T) {
	for _, test := range []struct {
		name        string
		points      float64 // at which throttles struck
		calm        time.Duration
		next, later float64 // suspected once it is left behind, and then
	}{
		{"a documented limit", 60, calmDocumented, 75, 93.75},
		{"any other", 30, calmFound, 37.5, 46.875},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := spent(suspected, 60, test.points)
			for range 3 {
				m = m.refused(noon, false, s300, points60)
			}
			if m.belief != holds || m.limit != test.points {
				t.Fatalf("got belief %v, limit %v, want %v to hold", m.belief, m.limit, test.points)
			}
			calm := m.calm
			m = m.passed(noon.Add(calm), 3, 0, s300, points60)
			if m.belief != holds {
				t.Errorf("got it suspected within %v", calm)
			}
			now := noon.Add(calm + time.Second)
			m = m.passed(now, 3, 0, s300, points60)
			if m.belief != suspected || calm < test.calm {
				t.Fatalf("got belief %v after %v, want it suspected after %v at least", m.belief, calm, test.calm)
			}
			for _, want := range []float64{test.next, test.later} {
				m = m.charge(now, m.limit*1.05+2*nearMargin, s300).passed(now, 3, 0, s300, points60)
				if m.belief != suspected || m.limit != want {
					t.Errorf("left behind: got belief %v, limit %v, want %v suspected", m.belief, m.limit, want)
				}
				now = now.Add(time.Hour)
			}
			for range 3 {
				m = m.refused(now, false, s300, points60)
			}
			if m.calm <= calm {
				t.Errorf("got a calm of %v after %v, want a longer one", m.calm, calm)
			}
		})
	}
}

// A throttle that should not have come keeps more free for others.
func TestMeterSurprised(t *testing.T) {
	m := spent(holds, 60, 40).observe(noon, 90, 0, 0, s300)
	for range 50 {
		m = m.refused(noon.Add(10*time.Second), false, s300, points60)
		if m.usable() != 56 { // nobody can take more in twenty seconds for long
			t.Fatalf("got %v as full, want 56", m.usable())
		}
	}
}

// A wait is not put off again and again by a moment: who waits is told how long.
func TestWaitDoesNotSlide(t *testing.T) {
	m := spent(holds, 60, 10)
	m.others = 0.2 // what others are assumed to have used since grows to more than we sent
	m.observed, m.observedOwn, m.observedLevel, m.reported = noon, 10, 10, true
	m.reserve = 1
	for now := noon.Add(time.Second); now.Before(noon.Add(s300)); {
		at := m.next(now, 50, s300)
		if at.After(now) && at.Sub(now) < s300/30 {
			t.Fatalf("%v later: waits %v more", now.Sub(noon), at.Sub(now))
		}
		now = Later(at, now.Add(time.Second))
	}
}

// A limit that only one rise of the level showed, which others may have caused, makes the job's
// share no smaller.
func TestShareOfUnconfirmedLimit(t *testing.T) {
	m := spent(holds, 1000, 0)
	m.proven, m.least = false, 300
	m = m.observe(noon, 10, 0, 0, s300)
	m = m.charge(noon, 8, s300).passed(noon, 8, 0, s300, nil)
	if m = m.observe(noon.Add(s300/20), 60, 0, 0, s300); m.limit > 100 {
		t.Fatalf("got a limit of %v: the test is void", m.limit)
	}
	if got := m.shared(); got != 300 {
		t.Errorf("the share is of %v, want of 300 until the rise is confirmed", got)
	}
	m.proven = true
	if got := m.shared(); got != m.limit {
		t.Errorf("the share is of %v, want of the %v that is proven", got, m.limit)
	}
}
