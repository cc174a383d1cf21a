package quota

import (
	"math"
	"testing"
	"time"

	"adferry/graph"
)

// hours is how long a lane with nothing on its way may stay shut, beyond the
// time that an answer named: the longest guessed wait is one hour.
const hours = 2 * time.Hour

// FuzzLaneStaysAlive plays a server that says anything in any order. Each two
// bytes are one event.
func FuzzLaneStaysAlive(f *testing.F) {
	f.Add(uint8(Auto), []byte{})
	f.Add(uint8(Auto), []byte("0\xff0\x002\xff2\x001\x803\xff4\x10"))
	f.Add(uint8(Auto), []byte{0, 40, 2, 255, 9, 10, 2, 255, 9, 10, 2, 255, 9, 3, 0, 200, 3, 250}) // others take all
	f.Add(uint8(Auto), []byte{7, 0, 2, 0, 1, 0, 2, 20, 1, 0, 2, 60})                              // a rise without calls
	f.Add(uint8(Auto), []byte{6, 0, 8, 1, 6, 2, 8, 2, 6, 1, 8, 1})                                // throttles of a lane that sent nothing
	f.Add(uint8(Auto), []byte{0, 255, 1, 0, 4, 0, 0, 255, 5, 0, 5, 1, 3, 77})
	f.Add(uint8(Full), []byte{2, 255, 3, 255, 9, 255, 2, 10})
	f.Add(uint8(Limited), []byte{6, 3, 6, 3, 6, 3, 3, 255, 0, 9})
	f.Add(uint8(Auto), []byte{1, 60, 6, 1, 9, 80, 10, 255, 1, 60, 8, 60, 10, 255, 10, 255, 10, 255, 10, 255, 10, 255, 1, 60, 8, 60, 1, 255, 6, 1}) // found, and tested again
	f.Add(uint8(Auto), []byte{11, 0, 1, 255, 11, 1, 8, 255, 11, 2, 1, 255})
	f.Add(uint8(Off), []byte{6, 4, 7, 100, 2, 255})
	f.Add(uint8(Auto), []byte{1, 60, 12, 33, 2, 20, 12, 200, 3, 90, 13, 9, 14, 50, 15, 0, 1, 60, 6, 1, 12, 255, 15, 1, 3, 255})
	f.Fuzz(func(t *testing.T, mode uint8, events []byte) {
		s := script{t: t, rules: Rules{Mode: Mode(mode % 4)}, now: noon, named: noon}
		if len(events) > 4000 {
			events = events[:4000]
		}
		for ; len(events) >= 2; events = events[2:] {
			s.event(events[0]%16, events[1])
			s.check()
		}
		s.settle()
	})
}

// script is a lane in the hands of a fuzzed server.
type script struct {
	t     *testing.T
	rules Rules
	lane  Lane
	app   App
	now   time.Time
	named time.Time // the latest moment an answer named
	out   []sending // on its way
}

type sending struct {
	cost Cost
	left time.Time
}

var codes = []graph.Error{
	{Class: graph.ThrottledAccount, Code: 80004, Subcode: 2446079},
	{Class: graph.ThrottledAccount, Code: 17, Subcode: 2446079},
	{Class: graph.ThrottledAccount, Code: 613, Subcode: 1487742},
	{Class: graph.ThrottledAccount, Code: 613, Subcode: 5044001},
	{Class: graph.MaybeThrottled, Code: 200, Subcode: 4841013},
	{Class: graph.MaybeThrottled, Code: 368},
	{Class: graph.ThrottledAccount, Code: 80000},
	{Class: graph.MaybeThrottled, Code: 1404078},
	{Class: graph.MaybeThrottled, Code: 2859015},
}

func (s *script) event(kind, value byte) {
	percent := float64(value) * 4 // 0 to 1020
	tier := graph.Tier(value % 3)
	reset := time.Duration(value%8) * 40 * time.Second
	switch kind {
	case 0, 1: // a second's calls, as fast as the lane allows
		for range int(value) + 1 {
			cost := []Cost{Read, Write}[kind]
			at := s.lane.Next(s.now, cost, s.rules)
			if at.After(s.now.Add(time.Second)) {
				break
			}
			s.now = at
			s.lane, s.app = s.lane.Spend(s.now, cost, s.rules), s.app.Spend(s.now)
			s.out = append(s.out, sending{cost, s.now})
		}
	case 2:
		s.observe(graph.AccountUsage{HasCalls: true, Calls: percent, Tier: tier})
		s.app = s.app.Observe(s.now, percent)
	case 3:
		s.observe(graph.AccountUsage{HasScore: true, Score: percent, Reset: reset, Tier: tier})
	case 4: // small and odd percentages
		s.observe(graph.AccountUsage{HasCalls: true, Calls: percent / 97, HasScore: true, Score: percent / 13, Reset: reset})
	case 5:
		regain := time.Duration(value) * time.Minute
		s.name(regain)
		s.observe(graph.AccountUsage{HasCalls: true, Calls: percent, Regain: regain})
	case 6, 7: // an answer is a throttle
		usage := graph.AccountUsage{HasCalls: kind == 7, Calls: percent, HasScore: kind == 7, Score: percent, Reset: reset, Tier: tier}
		s.name(reset)
		s.lane = s.lane.Throttled(s.back().left, s.now, &codes[int(value)%len(codes)], usage)
		s.observe(usage)
	case 8, 9: // answers let through, late
		s.now = s.now.Add(time.Duration(value) * time.Millisecond * 40)
		for n := int(value); n >= 0 && len(s.out) > 0; n-- {
			c := s.back()
			s.lane, s.app = s.lane.Passed(c.left, s.now, c.cost), s.app.Passed(c.left, s.now)
		}
	case 10:
		s.now = s.now.Add(time.Duration(value) * 20 * time.Second)
	case 11: // another lane learned, or tries, something of the limit of a second
		p := s.lane.Pace()
		switch value % 3 {
		case 0:
			p.trialAt = s.now
		case 1:
			p = p.refused(s.now, float64(value), value > 100)
		case 2:
			p = Pace{over: true}
		}
		s.lane = s.lane.Adopt(p)
	case 12: // another process sent something, a while ago
		at := s.now.Add(-time.Duration(value%32) * 200 * time.Millisecond)
		c := []Cost{Read, Write}[value%2].Times(int(value))
		s.lane, s.app = s.lane.SpentElsewhere(at, s.now, c, s.rules), s.app.SpentElsewhere(at, s.now, c.Calls)
	case 13: // what was to be sent is not
		for n := int(value); n >= 0 && len(s.out) > 0; n-- {
			c := s.back()
			s.lane, s.app = s.lane.Unspend(c.left, s.now, c.cost, s.rules), s.app.Unspend(c.left, s.now, 1)
			s.lane.Block, s.app.Block = s.lane.Block.Returned(c.left), s.app.Block.Returned(c.left)
		}
	case 14: // another process was told to wait
		at := s.now.Add(time.Duration(value) * time.Second)
		s.named = Later(s.named, at)
		s.lane.Block, s.app.Block = s.lane.Block.Imposed(at, s.now), s.app.Block.Imposed(at, s.now)
	case 15: // another process goes on with what was learned
		for len(s.out) > 0 {
			s.back()
		}
		var err error
		if s.lane, err = LoadLane(s.lane.Save()); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *script) name(d time.Duration) { s.named = Later(s.named, s.now.Add(d)) }

func (s *script) observe(u graph.AccountUsage) { s.lane = s.lane.Observe(s.now, u, s.rules) }

// back takes the oldest call off its way. Where there is none, it answers one that
// left just now.
func (s *script) back() sending {
	if len(s.out) == 0 {
		return sending{Read, s.now}
	}
	c := s.out[0]
	s.out = s.out[1:]
	s.lane, s.app = s.lane.Answered(c.cost), s.app.Answered()
	return c
}

// check looks at what must hold at any time.
func (s *script) check() {
	s.t.Helper()
	for name, m := range map[string]meter{"calls": s.lane.calls, "score": s.lane.score, "app": s.app.calls} {
		span := callSpan
		if name == "score" {
			span = scoreSpan
		}
		for _, v := range []float64{m.level(s.now, span), m.recent.sum(s.now), m.surplus.points, m.limit, m.others, m.reserve, m.leakLevel, m.usable()} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				s.t.Fatalf("%s: got %v in %+v", name, v, m.public())
			}
		}
		if m.belief == holds && m.limit < minLimit {
			s.t.Fatalf("%s: got a limit of %v that holds, want %v at least", name, m.limit, minLimit)
		}
	}
	for _, cost := range []Cost{Read, Write} {
		if got := s.lane.Next(s.now, cost, s.rules); got.Before(s.now) {
			s.t.Fatalf("got next %v before now", s.now.Sub(got))
		} else if got.Equal(Never) && len(s.out) == 0 && s.lane.Block.probe != probeOut {
			s.t.Fatal("got Never, with nothing on its way and no probe out")
		}
	}
}

// settle brings all calls back and waits as the engine does.
func (s *script) settle() {
	s.t.Helper()
	for len(s.out) > 0 {
		s.back()
	}
	s.lane.Block, s.app.Block = s.lane.Block.Returned(s.lane.Block.left), s.app.Block.Returned(s.app.Block.left)
	latest := Later(s.named, s.now).Add(hours)
	for range 10_000 {
		next := Later(s.lane.Next(s.now, Write, s.rules), s.app.Next(s.now))
		if !next.After(s.now) {
			return
		}
		if next.After(latest) {
			s.t.Fatalf("got shut for another %v, want %v at most; calls %+v, score %+v, app %+v, blocks %+v, %+v", next.Sub(s.now), latest.Sub(s.now), s.lane.calls.public(), s.lane.score.public(), s.app.calls.public(), s.lane.Block, s.app.Block)
		}
		s.now = next
	}
	s.t.Fatalf("got asked ten thousand times until %v, and still shut; calls %+v, score %+v", latest.Sub(s.now), s.lane.calls.public(), s.lane.score.public())
}

// public is a meter without its window, to print.
func (m meter) public() meter {
	m.own.count = [slots + 1]float32{}
	return m
}
