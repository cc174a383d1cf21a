package quota

import (
	"testing"
	"time"
)

// pace sends as fast as the burst limit allows for so long, with each call's
// answer at once, and returns the calls a second that passed in the last ten
// seconds. The API refuses what exceeds its own limit in a second; 0 is none.
func pace(b burst, now time.Time, span time.Duration, limit int) (after burst, rate float64, refused int) {
	var sent []time.Time
	end := now.Add(span)
	for now.Before(end) {
		if at := b.next(now, 0); at.After(now) {
			now = at
			continue
		}
		b = b.spend(now, 0, true)
		if n := len(sent) - limit; limit > 0 && n >= 0 && now.Sub(sent[n]) < time.Second {
			refused++
			b = b.refused(now)
			now = now.Add(time.Second)
			continue
		}
		sent = append(sent, now)
		b = b.passed(now)
		now = now.Add(time.Millisecond) // at most a thousand a second
	}
	late := min(span, 10*time.Second)
	n := 0
	for _, at := range sent {
		if end.Sub(at) <= late {
			n++
		}
	}
	return b, float64(n) / max(1, late.Seconds()), refused
}

func TestBurst(t *testing.T) {
	for _, test := range []struct {
		name        string
		span        time.Duration
		limit       int     // of the API
		least, most float64 // calls a second at the end
		refused     int     // at most
		over, holds bool
	}{
		{"a little above in the first second", 900 * time.Millisecond, 0, 99, 106, 0, false, false},
		{"tried above, and let through", time.Minute, 0, 900, 1001, 0, true, false},
		{"tried above, and refused", time.Minute, 100, 90, 99, 1, false, true},
		{"a limit above the documented one", time.Minute, 200, 100, 200, 20, false, true},
		{"refused below", 5 * time.Second, 50, 20, 50, 5, false, true},
		{"refused below, and grown since", 10 * time.Minute, 50, 30, 50, 15, false, true},
		{"refused far below", 2 * time.Minute, 12, 8, 12, 20, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, rate, refused := pace(burst{}, noon, test.span, test.limit)
			if rate < test.least || rate > test.most {
				t.Errorf("got %.1f calls a second, want %v to %v", rate, test.least, test.most)
			}
			if refused > test.refused {
				t.Errorf("got %d refused, want %d at most", refused, test.refused)
			}
			if b.over != test.over || b.holds != test.holds {
				t.Errorf("got over %v, holds %v, want %v, %v; %d refused", b.over, b.holds, test.over, test.holds, refused)
			}
		})
	}
}

// A limit that was too low once is tried again, less and less often.
func TestBurstGrows(t *testing.T) {
	b := burst{Pace: Pace{holds: true, rate: 20, calm: 10 * time.Second, changed: noon}}
	if got := b.passed(noon.Add(9 * time.Second)).rate; got != 20 {
		t.Errorf("got a rate of %v within the calm, want 20", got)
	}
	now := noon
	for range 100 {
		now = now.Add(11 * time.Second)
		b = b.passed(now)
	}
	if b.rate < 90 || b.rate > perSecond*1.15 && b.documented() {
		t.Errorf("got a rate of %v, want it back at the documented one", b.rate)
	}
	was := b
	b = b.refused(now.Add(2 * time.Second))
	if b.calm != 2*was.calm || b.rate >= was.rate {
		t.Errorf("got calm %v and rate %v, want twice %v and less than %v", b.calm, b.rate, was.calm, was.rate)
	}
	if again := b.refused(now.Add(2500 * time.Millisecond)); again != b.at(now.Add(2500*time.Millisecond)) {
		t.Errorf("got rate %v for the same excess, want %v", again.rate, b.rate)
	}
}

// The documented rate, named by the user or found, stays as it is.
func TestBurstDocumentedStays(t *testing.T) {
	b := burst{Pace: Pace{holds: true, rate: belowLimit, calm: 10 * time.Second, changed: noon}}
	if got := b.passed(noon.Add(time.Hour)).rate; got != belowLimit {
		t.Errorf("got %v, want %v", got, belowLimit)
	}
}

// Only one lane goes above the limit to see whether it holds; the others wait for
// what comes of it, and not for ever.
func TestBurstTrialIsAlone(t *testing.T) {
	one, _, _ := pace(burst{}, noon, 1500*time.Millisecond, 0)
	if !one.inTrial || one.trialAt.IsZero() {
		t.Fatalf("got no trial after a second and a half at the limit: %+v", one.Pace)
	}
	other := burst{}.adopt(one.Pace)
	if after, rate, _ := pace(other, noon.Add(2*time.Second), 5*time.Second, 0); after.inTrial || rate > belowLimit+1 {
		t.Errorf("got %.1f calls a second beside the trial, want %v at most", rate, belowLimit)
	}
	if after, _, _ := pace(other, noon.Add(time.Minute), 1500*time.Millisecond, 0); !after.inTrial {
		t.Error("got no trial a minute after one that came to nothing")
	}
	if got := other.adopt(Pace{over: true}); got.limit(0) != belowLimit || !got.next(noon, 0).Equal(noon) {
		t.Error("got a limit, want what the other lane found: none")
	}
}

// Calls are spread over the second.
func TestBurstSpreads(t *testing.T) {
	b, at := burst{}, noon
	for range 20 {
		b = b.spend(at, 0, true)
	}
	if wait := b.next(at, 0).Sub(at); wait < 150*time.Millisecond || wait > 220*time.Millisecond {
		t.Errorf("got the next call after %v, want a fifth of a second", wait)
	}
}
