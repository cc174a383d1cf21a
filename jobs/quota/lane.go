package quota

import (
	"time"

	"adferry/graph"
)

// The spans of the two budgets.
const (
	callSpan  = time.Hour
	scoreSpan = 300 * time.Second
)

// Lane is what is known of one ad account's quota. The zero Lane knows nothing.
type Lane struct {
	Tier  graph.Tier // as the API reported it, or its throttle showed it
	Block Block

	started bool
	calls   meter
	score   meter
	burst   burst
	flight  Cost      // sent and not answered
	free    time.Time // MaxRate: when the next write may go
}

// Next is the earliest moment from now on at which a call of this cost may be
// sent: Never while only an answer can tell.
func (l Lane) Next(now time.Time, c Cost, r Rules) time.Time {
	next := l.Block.Next(now)
	if r.MaxRate > 0 && c == Write {
		next = later(next, l.free)
	}
	if r.Mode == Off {
		return next
	}
	l = l.start(r)
	if l.flight.Calls > 0 && (float64(l.flight.Calls+c.Calls) > l.calls.room(now, float64(l.flight.Calls), callSpan) ||
		float64(l.flight.Points+c.Points) > l.score.room(now, float64(l.flight.Points), scoreSpan)) {
		return Never // an answer has to come first
	}
	next = later(next, l.calls.next(now, float64(c.Calls), callSpan))
	next = later(next, l.score.next(now, float64(c.Points), scoreSpan))
	return later(next, l.burst.next(now))
}

// Why says what a call of this cost waits for, when Next is later than now.
func (l Lane) Why(now time.Time, c Cost, r Rules) string {
	l = l.start(r)
	switch next := l.Next(now, c, r); {
	case l.Block.Closed(now):
		return "the API said to wait"
	case r.MaxRate > 0 && c == Write && !l.free.Before(next):
		return "no more than the rate set for it"
	case !l.calls.next(now, float64(c.Calls), callSpan).Before(next):
		return "the calls of its hour are used up"
	}
	return "its score is used up"
}

// start puts the documented limits in place: as known, where the user named a
// tier, else as suspected.
func (l Lane) start(r Rules) Lane {
	if l.started {
		return l
	}
	l.started = true
	l.calls.limit, l.score.limit = above(0, l.documented(Budgets.calls)), above(0, l.documented(Budgets.score))
	if r.Mode == Full || r.Mode == Limited {
		tier := map[Mode]graph.Tier{Full: graph.TierFull, Limited: graph.TierLimited}[r.Mode]
		b, _ := Documented(tier)
		l.calls.belief, l.calls.limit, l.calls.proven = holds, b.calls(), true
		l.score.belief, l.score.limit, l.score.proven = holds, b.score(), true
		l.burst.Pace = Pace{holds: true, rate: belowLimit}
	}
	return l
}

// documented lists the limits that may hold: those of the tier, or of any while
// it is unknown.
func (l Lane) documented(of func(Budgets) float64) []float64 {
	if b, ok := Documented(l.Tier); ok {
		return []float64{of(b)}
	}
	return documented(of)
}

// documented lists the limits of all tiers, least first.
func documented(of func(Budgets) float64) []float64 {
	limited, _ := Documented(graph.TierLimited)
	full, _ := Documented(graph.TierFull)
	return []float64{of(limited), of(full)}
}

// Spend charges a call that is about to be sent.
func (l Lane) Spend(now time.Time, c Cost, r Rules) Lane {
	l = l.start(r)
	l.Block = l.Block.Spend(now)
	l.calls = l.calls.charge(now, float64(c.Calls), callSpan)
	l.score = l.score.charge(now, float64(c.Points), scoreSpan)
	l.burst = l.burst.spend(now, l.flight.Calls, l.Tier != graph.TierLimited)
	l.flight.Calls += c.Calls
	l.flight.Points += c.Points
	if r.MaxRate > 0 && c == Write {
		l.free = later(now, l.free).Add(r.period())
	}
	return l
}

// Retuned lets a lane that was paced more slowly go at the pace of the rules.
func (l Lane) Retuned(now time.Time, r Rules) Lane {
	if r.MaxRate > 0 {
		if next := now.Add(r.period()); l.free.After(next) {
			l.free = next
		}
	}
	return l
}

// Back notes that a call is no longer on its way, whatever came of it.
func (l Lane) Back(c Cost) Lane {
	l.flight.Calls = max(0, l.flight.Calls-c.Calls)
	l.flight.Points = max(0, l.flight.Points-c.Points)
	return l
}

// Observe learns from the headers of an answer, whatever the answer was.
func (l Lane) Observe(now time.Time, u graph.AccountUsage, r Rules) Lane {
	if u.Tier != graph.TierUnknown && u.Tier != l.Tier {
		l.Tier = u.Tier
		if r.Mode == Auto { // what was suspected without knowing the tier
			l.calls = l.calls.retier(l.documented(Budgets.calls), documented(Budgets.calls))
			l.score = l.score.retier(l.documented(Budgets.score), documented(Budgets.score))
		}
	}
	if r.Mode == Off {
		return l
	}
	l = l.start(r)
	if u.HasCalls {
		l.calls = l.calls.hear(now, u.Calls, wholePercent, float64(l.flight.Calls), callSpan)
	}
	if u.HasScore {
		l.score = l.score.shaped(u.Score, u.Reset, scoreSpan).hear(now, u.Score, 0, float64(l.flight.Points), scoreSpan)
	}
	if u.Regain > 0 {
		l.Block = l.Block.Close(now, now, u.Regain, 0, 0)
	}
	return l
}

// Throttled closes the lane after a throttle of its account, of a call that left
// then. Usage is what the same answer carried.
func (l Lane) Throttled(left, now time.Time, e *graph.Error, u graph.AccountUsage) Lane {
	if l.started && l.Block.News(left, now) { // else it is about what others sent, or known
		switch {
		case e.Code == 613 && e.Subcode == 5044001:
			l.burst = l.burst.refused(now)
		case e.Code == 17, e.Code == 613 && e.Subcode == 1487742:
			l.score = l.score.refused(now, u.HasScore, scoreSpan, l.documented(Budgets.score))
			if l.Tier == graph.TierUnknown && l.score.limit < 1000 {
				l.Tier = graph.TierLimited // its block is the longer one
			}
		case e.Code >= 80000:
			l.calls = l.calls.refused(now, u.HasCalls, callSpan, l.documented(Budgets.calls))
		}
	}
	base, most := Guess(e, l.Tier)
	named := max(u.Regain, e.RetryAfter)
	if u.HasScore && u.Score >= 100 {
		named = max(named, u.Reset)
	}
	l.Block = l.Block.Close(left, now, named, base, most)
	return l
}

// Pace is what the lane knows of the limit of requests a second.
func (l Lane) Pace() Pace { return l.burst.Pace }

// Heed takes over what another lane learned of it.
func (l Lane) Heed(p Pace) Lane {
	l.burst = l.burst.heed(p)
	return l
}

// Passed notes a call of this cost that left then, came back and was no throttle.
func (l Lane) Passed(left, now time.Time, c Cost) Lane {
	l.Block = l.Block.Passed(left, now)
	l.calls = l.calls.passed(now, float64(c.Calls), float64(l.flight.Calls), callSpan, l.documented(Budgets.calls))
	l.score = l.score.passed(now, float64(c.Points), float64(l.flight.Points), scoreSpan, l.documented(Budgets.score))
	l.burst = l.burst.passed(now)
	return l
}
