package quota_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// decay is how a server's budget comes free again.
type decay uint8

const (
	linear  decay = iota // evenly
	sliding              // each point a span later
	clock                // all at once when a span of the clock is over
)

// server is the API's side of one budget, written from the documents alone.
type server struct {
	decay  decay
	limit  int
	span   time.Duration
	tier   graph.Tier
	score  bool // else calls
	silent bool // no headers

	level   float64 // linear
	at      time.Time
	sent    []charge // sliding: what still counts
	used    int      // sliding, clock: their sum
	hour    time.Time
	refused int
}

type charge struct {
	at     time.Time
	points int
}

func (s *server) cost(c quota.Cost) int {
	if s.score {
		return c.Points
	}
	return c.Calls
}

func (s *server) advance(now time.Time) {
	s.level = max(0, s.level-now.Sub(s.at).Seconds()*float64(s.limit)/s.span.Seconds())
	s.at = now
	for len(s.sent) > 0 && now.Sub(s.sent[0].at) >= s.span {
		s.used -= s.sent[0].points
		s.sent = s.sent[1:]
	}
	if h := now.Truncate(s.span); s.decay == clock && !h.Equal(s.hour) {
		s.hour, s.used = h, 0
	}
}

// take charges a call and reports whether it fits; one that does not costs
// nothing.
func (s *server) take(now time.Time, c quota.Cost) bool {
	s.advance(now)
	points := s.cost(c)
	fits := s.used+points <= s.limit
	if s.decay == linear {
		fits = s.level+float64(points) <= float64(s.limit)+1e-6
	}
	if !fits {
		s.refused++
		return false
	}
	switch s.decay {
	case linear:
		s.level += float64(points)
	case sliding:
		s.sent, s.used = append(s.sent, charge{now, points}), s.used+points
	case clock:
		s.used += points
	}
	return true
}

// usage is what the headers say: the score exactly, calls in whole percents.
func (s *server) usage(now time.Time) graph.AccountUsage {
	s.advance(now)
	percent, reset := 100*float64(s.used)/float64(s.limit), time.Duration(0)
	switch {
	case s.decay == linear:
		percent = 100 * s.level / float64(s.limit)
		reset = time.Duration(percent / 100 * float64(s.span))
	case len(s.sent) > 0:
		reset = s.span - now.Sub(s.sent[len(s.sent)-1].at)
	}
	u := graph.AccountUsage{Tier: s.tier}
	switch {
	case s.silent:
		u = graph.AccountUsage{}
	case s.score:
		u.HasScore, u.Score, u.Reset = true, percent, reset
	default:
		u.HasCalls, u.Calls = true, math.Floor(percent)
	}
	return u
}

// best is the least time from the moment at which half of the limit has passed
// until spans times the limit more have.
func (s *server) best(spans int) time.Duration {
	if s.decay == linear {
		return time.Duration(spans)*s.span - s.span/2
	}
	return time.Duration(spans) * s.span
}

// throttle is the error of the budget.
func (s *server) throttle() *graph.Error {
	if s.score {
		return &graph.Error{Class: graph.ThrottledAccount, Code: 17, Subcode: 2446079}
	}
	return &graph.Error{Class: graph.ThrottledAccount, Code: 80004, Subcode: 2446079}
}

// flight is a call that was sent and not answered.
type flight struct {
	cost      quota.Cost
	left, due time.Time
	fits      bool
}

// run sends calls, as fast as the lane allows and at most 40 at once with an
// answer each 200 ms later. It returns the time that best is the least of.
func (s *server) run(t *testing.T, costs []quota.Cost, spans int) time.Duration {
	t.Helper()
	now := start
	s.at, s.hour = now, now.Truncate(s.span)
	var r quota.Rules
	var l quota.Lane
	var out []flight
	began := now
	for passed, n := 0, 0; passed < s.limit*spans+s.limit/2; {
		cost := costs[n%len(costs)]
		if at := l.Next(now, cost, r); len(out) < 40 && !at.After(now) {
			l = l.Spend(now, cost, r)
			out = append(out, flight{cost, now, now.Add(200 * time.Millisecond), s.take(now, cost)})
			n++
			continue
		} else if len(out) == 0 || len(out) < 40 && at.Before(out[0].due) {
			if at.Equal(quota.Never) {
				t.Fatalf("after %v: got Never with nothing on its way", now.Sub(start))
			}
			now = at
			continue
		}
		f := out[0]
		now, out = quota.Later(now, f.due), out[1:]
		l = l.Answered(f.cost)
		if f.fits {
			if passed += s.cost(f.cost); passed <= s.limit/2 {
				began = now
			}
			l = l.Passed(f.left, now, f.cost)
		} else {
			l = l.Throttled(f.left, now, s.throttle(), s.usage(now))
		}
		l = l.Observe(now, s.usage(now), r)
	}
	return now.Sub(began)
}

// mixes are the calls of a run, over and over.
var mixes = map[string][]quota.Cost{
	"reads":       {quota.Read},
	"writes":      {quota.Write},
	"both evenly": {quota.Read, quota.Write},
}

// A lane that knows nothing, against each way in which the API may count.
func TestLaneAgainstServers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		decay decay
		score bool
		spans int // what the run takes at least: discovery has to be little beside it
		full  int // the same at Full access
	}{
		{"linear score", linear, true, 60, 12},
		{"sliding score", sliding, true, 60, 12},
		{"rolling hour", sliding, false, 8, 1},
		{"clock hour", clock, false, 8, 2},
	} {
		for _, tier := range []graph.Tier{graph.TierLimited, graph.TierFull} {
			for _, silent := range []bool{false, true} {
				for mix, costs := range mixes {
					s := server{decay: test.decay, score: test.score, tier: tier, silent: silent, span: time.Hour}
					b, _ := quota.Documented(tier)
					s.limit = b.Calls
					if test.score {
						s.limit, s.span = b.Score, b.Decay
					}
					name := fmt.Sprintf("%s, %v, silent %v, %s", test.name, tier, silent, mix)
					spans := test.spans
					if tier == graph.TierFull {
						if mix != "both evenly" {
							continue // a large budget hides what a single call costs
						}
						spans = test.full
					}
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						took, best := s.run(t, costs, spans), s.best(spans)
						most := 1.005
						if test.decay == clock { // a new hour may begin between two calls of the lane's
							most *= float64(spans) / float64(spans-1)
						}
						if share := best.Seconds() / took.Seconds(); share < 0.97 || share > most {
							t.Errorf("got %v for what takes %v at best, %.1f%%, want 97%% at least", took, best, 100*share)
						}
						// Without headers the limit shows by refusals: of as many as
						// are risked at once, of those that follow them while older
						// calls still pass, and of the probe.
						if most := 2*s.limit/300 + 2; !silent && s.refused > 0 || s.refused > most {
							t.Errorf("got %d calls refused, want %d at most, and none with headers", s.refused, most)
						}
					})
				}
			}
		}
	}
}
