package quota

import (
	"math"
	"testing"
	"time"

	"adferry/graph"
)

// Calls of another process count as the lane's own, whenever it is told of them.
func TestSpentElsewhere(t *testing.T) {
	const s = time.Second
	type call struct {
		at, told time.Duration
		cost     Cost
	}
	for _, test := range []struct {
		name   string
		calls  []call
		header time.Duration // when a header of 30 % came; 0: none did
		level  float64       // of a score of 60 after 20 s
		own    float64       // of that
		others bool          // some are taken to have used something
	}{
		{"told at once", []call{{s, s, Write}}, 0, 3, 3, false},
		{"told later", []call{{s, 10 * s, Write}}, 0, 3, 3, false},
		{"told in another order", []call{{5 * s, 6 * s, Write}, {s, 7 * s, Read}}, 0, 4, 4, false},
		{"told after its time", []call{{-301 * s, s, Write}}, 0, 0, 0, false},
		{"from a clock that is ahead", []call{{60 * s, s, Write}}, 0, 3, 3, false},
		{"in the header", []call{{s, s, Write.Times(6)}}, 5 * s, 18, 18, false},
		{"in the header, told later", []call{{s, 6 * s, Write.Times(6)}}, 5 * s, 18, 18, false},
		{"in the header, but others took half of it", []call{{s, 6 * s, Write.Times(3)}}, 5 * s, 18, 9, true},
		{"sent just before the header, which need not count it", []call{{4 * s, 4 * s, Write.Times(8)}}, 5 * s, 24, 24, false},
		{"long before the header, which counts it", []call{{s, 10 * s, Write.Times(8)}}, 5 * s, 18, 24, false},
		{"after the header", []call{{6 * s, 6 * s, Write}, {7 * s, 12 * s, Write}}, 5 * s, 24, 6, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Rules{Mode: Limited}
			l := Lane{}.Observe(noon, graph.AccountUsage{HasScore: true, Tier: graph.TierLimited}, r)
			for at := time.Duration(0); at < 20*s; at += s {
				now := noon.Add(at)
				for _, c := range test.calls {
					if c.told == at {
						l = l.SpentElsewhere(noon.Add(c.at), now, c.cost, r)
					}
				}
				if test.header > 0 && at == test.header {
					l = l.Observe(now, graph.AccountUsage{HasScore: true, Score: 30}, r)
				}
			}
			now := noon.Add(20 * s)
			m := l.score
			m.others = 0
			if got := m.level(now, scoreSpan); math.Abs(got-test.level) > 1 {
				t.Errorf("got a level of %v, want %v", got, test.level)
			}
			if got := m.own.at(now, scoreSpan).sum; got != test.own {
				t.Errorf("got %v of it our own, want %v", got, test.own)
			}
			if got := l.score.others > 0; got != test.others {
				t.Errorf("got others using %v a second, want some: %v", l.score.others, test.others)
			}
			if l.inFlight != (Cost{}) || !l.nextWrite.IsZero() {
				t.Error("got them in flight here, or a wait for MaxRate")
			}
		})
	}
}

// What is known of a level only by what other processes tell stays below what they keep to
// themselves, so that this one's reads are not held back for ever.
func TestSpentElsewhereIsBounded(t *testing.T) {
	full := graph.AccountUsage{HasScore: true, Score: 50, Reset: 150 * time.Second, Tier: graph.TierFull}
	l := Lane{}.Observe(noon, full, Rules{})
	now := noon
	for range 600 { // another process writes as fast as the limit allows; its level is a little less than is known here
		now = now.Add(100 * time.Millisecond)
		l = l.SpentElsewhere(now, now, Cost{3, 30}, Rules{})
	}
	usable := l.score.usable()
	if got := l.score.level(now, scoreSpan); got > usable+1e-6 {
		t.Errorf("got a level of %v, want %v at most", got, usable)
	}
	if got := l.Next(now, Read, Rules{}).Sub(now); got > 100*time.Millisecond {
		t.Errorf("got a read after %v, want one as soon as a point is free", got)
	}
	l = l.Spend(now, Read, Rules{}) // which may not leave yet
	if l = l.SpentElsewhere(now, now, Read, Rules{}); l.score.level(now, scoreSpan) < usable+1 {
		t.Error("what was told beside a call of this process does not count")
	}
}

// More than a window could hold passed: the level decays linearly.
func TestSpentElsewhereShowsDecay(t *testing.T) {
	l := Lane{}.Observe(noon, graph.AccountUsage{HasScore: true, Tier: graph.TierLimited}, Rules{})
	l = l.SpentElsewhere(noon, noon, Write.Times(20), Rules{})
	now := noon
	for range 10 {
		if at := l.Next(now, Read, Rules{}); at.Sub(now) > 31*time.Second {
			t.Errorf("after %v: got asked again after %v, want half a minute at most", now.Sub(noon), at.Sub(now))
		}
		now = now.Add(15 * time.Second)
		l = l.SpentElsewhere(now, now, Write, Rules{})
	}
	if !l.score.linear || l.score.decay.known {
		t.Errorf("got linear %v, known %v, want that it is a guess", l.score.linear, l.score.decay.known)
	}
}

// A call that did not leave is as if it had never been charged.
func TestUnspend(t *testing.T) {
	r := Rules{MaxRate: 2, Share: 0.5}
	l := Lane{}.Observe(noon, graph.AccountUsage{HasScore: true, HasCalls: true, Tier: graph.TierLimited}, r).
		Spend(noon, Read, r).Answered(Read).Passed(noon, noon, Read)
	left := noon.Add(10 * time.Second)
	now := left.Add(time.Second)
	for _, c := range []Cost{Read, Write} {
		got := l
		for range 4 {
			got = got.Spend(left, c, r)
		}
		for range 4 {
			got = got.Answered(c).Unspend(left, now, c, r)
		}
		if got.inFlight != (Cost{}) || got.score.highest > 1 || got.calls.highest > 1 {
			t.Errorf("%v: got %v in flight, and %v points at most", c, got.inFlight, got.score.highest)
		}
		for at := now; at.Before(now.Add(time.Hour)); at = at.Add(10 * time.Second) {
			if a, b := got.score.level(at, scoreSpan), l.score.level(at, scoreSpan); math.Abs(a-b) > 1e-9 {
				t.Fatalf("%v after %v: got a level of %v, want %v", c, at.Sub(noon), a, b)
			}
			if a, b := got.calls.shareLevel(at, callSpan), l.calls.shareLevel(at, callSpan); math.Abs(a-b) > 1e-9 {
				t.Fatalf("%v after %v: got %v of the share used, want %v", c, at.Sub(noon), a, b)
			}
			if a, b := got.Next(at, Write, r), l.Next(at, Write, r); !a.Equal(b) {
				t.Fatalf("%v after %v: got next after %v, want %v", c, at.Sub(noon), a.Sub(at), b.Sub(at))
			}
		}
	}
	a := App{}.Observe(noon, 99)
	if got, want := a.Spend(left).Answered().Unspend(left, now, 1), a; !got.Next(now).Equal(want.Next(now)) || got.inFlight != 0 {
		t.Errorf("the app: got next after %v, want %v", got.Next(now).Sub(now), want.Next(now).Sub(now))
	}
}

// A read that checks a hold and does not leave may leave at once, later.
func TestUnspendCheck(t *testing.T) {
	r := Rules{}
	l := Lane{}.Observe(noon, graph.AccountUsage{HasScore: true, Score: 97, Tier: graph.TierLimited}, r)
	at := l.Next(noon, Read, r)
	if got := l.Next(at, Write, r); !got.After(at) {
		t.Fatal("got no hold to check")
	}
	l = l.Spend(at, Read, r).Answered(Read).Unspend(at, at, Read, r)
	if got := l.Next(at, Read, r); !got.Equal(at) {
		t.Errorf("got the next check after %v, want at once", got.Sub(at))
	}
}

// Room is what fits beside the charged calls, of the tightest limit.
func TestRoom(t *testing.T) {
	limited := graph.AccountUsage{Tier: graph.TierLimited}
	for _, test := range []struct {
		name  string
		rules Rules
		usage graph.AccountUsage
		sent  int // writes
		want  Cost
	}{
		{"off", Rules{Mode: Off}, graph.AccountUsage{}, 5, Cost{-1, -1}},
		{"named", Rules{Mode: Limited}, graph.AccountUsage{}, 5, Cost{94, 45}},
		{"named, with a share", Rules{Mode: Limited, Share: 0.5}, graph.AccountUsage{}, 5, Cost{44, 15}},
		{"more than the share", Rules{Mode: Limited, Share: 0.1}, graph.AccountUsage{}, 5, Cost{4, 0}},
		{"a large budget to the end", Rules{Mode: Full}, graph.AccountUsage{HasScore: true, Score: 98}, 0, Cost{99, 180}},
		{"used up", Rules{}, graph.AccountUsage{HasScore: true, Score: 100, Tier: graph.TierLimited}, 0, Cost{288, 0}},
		{"suspected, far from it", Rules{}, limited, 5, Cost{283, 33}},
		{"suspected, near it", Rules{}, limited, 17, Cost{271, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := Lane{}.Observe(noon, test.usage, test.rules)
			for range test.sent {
				l = l.Spend(noon, Write, test.rules)
			}
			if got := l.Room(noon, test.rules); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if got := (App{}).Room(noon); got >= 0 {
		t.Errorf("an app of which nothing is known: got room for %d, want no limit", got)
	}
	if got := (App{Share: 0.5}).Observe(noon, 0).Spend(noon).Room(noon); got != 99_999 {
		t.Errorf("the first header of an app, and a share: got room for %d", got)
	}
}
