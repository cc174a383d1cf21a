package quota

import (
	"fmt"
	"time"

	"adferry/graph"
)

// Mode says which budgets a lane starts from.
type Mode uint8

// The modes, by the words of --quota.
const (
	Auto    Mode = iota // the tier that the API reports
	Full                // the documented budgets of Full access
	Limited             // those of Limited access
	Off                 // none: only throttles count
)

var modeNames = [...]string{"auto", "full", "limited", "off"}

func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "unknown"
}

// UnmarshalText reads a mode's word.
func (m *Mode) UnmarshalText(b []byte) error {
	for i, name := range modeNames {
		if name == string(b) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of auto, full, limited, off", b)
}

// Rules are what the user set for every lane.
type Rules struct {
	Mode    Mode
	MaxRate float64 // writes a second and ad account; 0: no limit
}

// brake is the reported utilisation, in percent, from which on a lane sends one
// call a minute instead of running into the block. It is for what the lane's own
// count does not explain: other programs, another limit, CPU time. What the lane
// itself has sent, Next already holds back for, and to the last call.
const brake = 98

// brakeWait is the time between those calls.
const brakeWait = time.Minute

// Lane is what is known of one ad account's quota. The zero Lane knows nothing.
type Lane struct {
	Tier    graph.Tier // as the API reported it
	Block   Block
	byCalls bool // the hourly budget holds for this account
	byScore bool // the score does
	calls   calls
	score   score
	free    time.Time // MaxRate: when the next write may go
}

// Next is the earliest moment from now on at which a call of this cost may be
// sent.
func (l Lane) Next(now time.Time, c Cost, r Rules) time.Time {
	next := l.Block.Next(now)
	if b, ok := l.budgets(r); ok {
		if l.byCalls || r.Mode != Auto {
			next = later(next, l.calls.next(now, c.Calls, b))
		}
		if l.byScore || r.Mode != Auto {
			next = later(next, l.score.next(now, c.Points, b))
		}
	}
	if r.MaxRate > 0 && c == Write {
		next = later(next, l.free)
	}
	return next
}

// Spend charges a call that is about to be sent.
func (l Lane) Spend(now time.Time, c Cost, r Rules) Lane {
	l.Block = l.Block.Spend()
	b, ok := l.budgets(r)
	if !ok { // count in Full's terms: the window is the same, and the score decays as fast
		b, _ = Documented(graph.TierFull)
	}
	l.calls, l.score = l.calls.spend(now, c.Calls, b), l.score.spend(now, c.Points, b)
	if r.MaxRate > 0 && c == Write {
		l.free = later(now, l.free).Add(time.Duration(float64(time.Second) / r.MaxRate))
	}
	return l
}

// Observe learns from the headers of an answer, whatever the answer was.
func (l Lane) Observe(now time.Time, u graph.AccountUsage, r Rules) Lane {
	if u.Tier != graph.TierUnknown {
		l.Tier = u.Tier
	}
	l.byCalls = l.byCalls || u.HasCalls
	l.byScore = l.byScore || u.HasScore
	unforeseen := l.unforeseen(now, u, r)
	if b, ok := l.budgets(r); ok && u.HasScore {
		l.score = l.score.seen(now, u.Score, b)
	}
	switch {
	case r.Mode == Off:
	case u.Regain > 0:
		l.Block = l.Block.Close(now, u.Regain, 0, 0)
	case unforeseen >= brake && !l.Block.Closed(now):
		l.Block = l.Block.Close(now, brakeWait, 0, 0)
	}
	return l
}

// unforeseen is the reported utilisation, without the part that a budget in
// force accounts for. An answer is older than now, so a point less counts, too.
func (l Lane) unforeseen(now time.Time, u graph.AccountUsage, r Rules) float64 {
	calls, score := u.Calls, u.Score
	if b, ok := l.budgets(r); ok {
		if (l.byCalls || r.Mode != Auto) && calls <= 1+100*float64(l.calls.at(now, b).sum)/float64(b.Calls) {
			calls = 0
		}
		if (l.byScore || r.Mode != Auto) && score <= 1+100*l.score.now(now, b)/float64(b.Score) {
			score = 0
		}
	}
	return max(calls, score)
}

// Throttled closes the lane after a throttle of its account. Usage is what the
// same answer carried.
func (l Lane) Throttled(now time.Time, e *graph.Error, u graph.AccountUsage) Lane {
	switch {
	case e.Subcode == 1487742 || e.Code == 17:
		l.byScore = true
	case e.Code >= 80000:
		l.byCalls = true
	}
	base, most := Guess(e, l.Tier)
	named := u.Regain
	if u.HasScore && u.Score >= 100 {
		named = max(named, u.Reset)
	}
	l.Block = l.Block.Close(now, named, base, most)
	return l
}

// Passed notes a call that came back and was no throttle.
func (l Lane) Passed(now time.Time) Lane {
	l.Block = l.Block.Passed(now)
	return l
}

func (l Lane) budgets(r Rules) (Budgets, bool) {
	switch r.Mode {
	case Full:
		return Documented(graph.TierFull)
	case Limited:
		return Documented(graph.TierLimited)
	case Off:
		return Budgets{}, false
	}
	return Documented(l.Tier)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
