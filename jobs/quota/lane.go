package quota

import (
	"time"

	"adferry/graph"
)

// The documented spans of the two budgets. A meter may learn another one.
const (
	callSpan  = time.Hour
	scoreSpan = 300 * time.Second
)

// Lane is what is known about the quota of one ad account. The zero value knows nothing.
type Lane struct {
	Tier  graph.Tier // as the API reported it, or as a throttle showed it
	Block Block

	started   bool
	mode      Mode // with which it started
	calls     meter
	score     meter
	burst     burst
	checks    checks
	inFlight  Cost      // of calls that were sent and not answered
	nextWrite time.Time // when MaxRate allows the next write
}

// Next is the earliest time, not before now, at which a call of this cost may be sent. It is
// Never if that depends on an answer to a call in flight.
func (l Lane) Next(now time.Time, c Cost, r Rules) time.Time {
	next := l.Block.Next(now)
	if r.MaxRate > 0 && c == Write {
		next = Later(next, l.nextWrite)
	}
	if r.Mode == Off {
		return next
	}
	l = l.start(r)
	if l.inFlight.Calls > 0 && (l.calls.full(now, l.inFlight.Calls, c.Calls, l.calls.span(callSpan)) ||
		l.score.full(now, l.inFlight.Points, c.Points, l.score.span(scoreSpan))) {
		return Never // an answer has to come first
	}
	if l.Block.Announced() { // its probe is due then, whatever the level seems to be
		return Later(next, l.burst.next(now, r.Share))
	}
	held := next
	for _, b := range l.budgets() {
		held = Later(held, b.next(now, c))
	}
	if c == Read {
		held = Earlier(held, l.Check(now, r))
	}
	return Later(Later(next, held), l.nextOfShare(now, c, r.Share))
}

// NextOfShare is the earliest time, not before now, at which calls of this cost fit into the
// job's share of the limits.
func (l Lane) NextOfShare(now time.Time, c Cost, r Rules) time.Time {
	if r.Mode == Off {
		return now
	}
	return l.start(r).nextOfShare(now, c, r.Share)
}

// nextOfShare is when a call of this cost fits into the job's share of the limits, and into
// the second.
func (l Lane) nextOfShare(now time.Time, c Cost, s Share) time.Time {
	at := l.burst.next(now, s)
	if !s.all() {
		for _, b := range l.budgets() {
			at = Later(at, b.nextOfShare(now, b.of(c), b.time))
		}
	}
	return at
}

// Why says what a call of this cost waits for, if Next is later than now.
func (l Lane) Why(now time.Time, c Cost, r Rules) string {
	l = l.start(r)
	calls := l.budgets()[0]
	switch next := l.Next(now, c, r); {
	case l.Block.Closed(now):
		return "the API said to wait"
	case r.MaxRate > 0 && c == Write && !l.nextWrite.Before(next):
		return "its --max-rate is used up"
	case !r.Share.all() && !l.nextOfShare(now, c, r.Share).Before(next):
		return "its share of the quota, --quota-share " + r.Share.String() + ", is used up"
	case !calls.next(now, c).Before(next):
		return "its calls per hour are used up"
	}
	return "its rate limit score is used up"
}

// start sets the documented limits: as holding if the user named a tier, else as
// suspected. It does so again if what was saved of the lane was learned with another mode.
func (l Lane) start(r Rules) Lane {
	l.calls.share, l.score.share = r.Share, r.Share
	if l.started && (r.Mode == l.mode || r.Mode == Off) {
		return l
	}
	l.started, l.mode = true, r.Mode
	l.calls.deletion, l.score.deletion = float64(Deletion.Calls), float64(Deletion.Points)
	l.calls.least, l.score.least = documented(Budgets.calls)[0], documented(Budgets.score)[0]
	l.calls = l.calls.assume(suspected, nextDocumented(0, l.documented(Budgets.calls)))
	l.score = l.score.assume(suspected, nextDocumented(0, l.documented(Budgets.score)))
	if r.Mode == Full || r.Mode == Limited {
		tier := map[Mode]graph.Tier{Full: graph.TierFull, Limited: graph.TierLimited}[r.Mode]
		b, _ := Documented(tier)
		l.calls = l.calls.assume(holds, b.calls())
		l.score = l.score.assume(holds, b.score())
		l.burst.Pace = Pace{holds: true, rate: belowLimit}
	}
	return l
}

// documented returns the limits that may hold, lowest first: that of the tier, or those of
// all tiers if it is unknown.
func (l Lane) documented(of func(Budgets) float64) []float64 {
	if b, ok := Documented(l.Tier); ok {
		return []float64{of(b)}
	}
	return documented(of)
}

// documented returns the limits of all tiers, lowest first.
func documented(of func(Budgets) float64) []float64 {
	limited, _ := Documented(graph.TierLimited)
	full, _ := Documented(graph.TierFull)
	return []float64{of(limited), of(full)}
}

// Spend charges a call that will be sent now.
func (l Lane) Spend(now time.Time, c Cost, r Rules) Lane {
	l = l.start(r)
	if c == Read {
		l = l.withCheck(now)
	}
	l.Block = l.Block.Spend(now)
	l.calls = l.calls.charge(now, float64(c.Calls), l.calls.span(callSpan))
	l.score = l.score.charge(now, float64(c.Points), l.score.span(scoreSpan))
	l.burst = l.burst.spend(now, l.inFlight.Calls, l.Tier != graph.TierLimited && r.Share.all())
	l.inFlight.Calls += c.Calls
	l.inFlight.Points += c.Points
	if r.MaxRate > 0 && c == Write {
		l.nextWrite = Later(now, l.nextWrite).Add(r.period())
	}
	return l
}

// Retuned applies another MaxRate to the next write.
func (l Lane) Retuned(now time.Time, r Rules) Lane {
	if r.MaxRate > 0 {
		if next := now.Add(r.period()); l.nextWrite.After(next) {
			l.nextWrite = next
		}
	}
	return l
}

// Answered records that a call is no longer in flight, whatever its outcome.
func (l Lane) Answered(c Cost) Lane {
	l.inFlight.Calls = max(0, l.inFlight.Calls-c.Calls)
	l.inFlight.Points = max(0, l.inFlight.Points-c.Points)
	return l
}

// Observe learns from the headers of an answer, also of a failed one.
func (l Lane) Observe(now time.Time, u graph.AccountUsage, r Rules) Lane {
	if u.Tier != graph.TierUnknown && u.Tier != l.Tier {
		l.Tier = u.Tier
		if r.Mode == Auto { // the limits were suspected without knowing the tier
			l.calls = l.calls.retier(l.documented(Budgets.calls), documented(Budgets.calls))
			l.score = l.score.retier(l.documented(Budgets.score), documented(Budgets.score))
		}
	}
	if r.Mode == Off {
		return l
	}
	l = l.start(r)
	if u.HasCalls {
		l.calls = l.calls.observe(now, u.Calls, wholePercent, float64(l.inFlight.Calls), l.calls.span(callSpan))
		l.calls = l.calls.learnFall(now, u.Calls, wholePercent, float64(l.inFlight.Calls), callSpan)
	}
	if u.HasScore {
		l.score = l.score.learnReset(now, u.Score, u.Reset, scoreSpan)
		l.score = l.score.observe(now, u.Score, 0, float64(l.inFlight.Points), l.score.span(scoreSpan))
		l.score = l.score.learnFall(now, u.Score, 0, float64(l.inFlight.Points), scoreSpan)
	}
	if u.Regain > 0 {
		l.Block = l.Block.Close(now, now, u.Regain, 0, 0)
	}
	return l
}

// Throttled closes the lane after a throttle of its account of a call sent at left. u is the
// usage in the same answer.
func (l Lane) Throttled(left, now time.Time, e *graph.Error, u graph.AccountUsage) Lane {
	if l.started && l.Block.News(left, now) { // else it is known, or others caused it
		switch {
		case e.Code == 613 && e.Subcode == 5044001:
			l.burst = l.burst.refused(now)
		case e.Code == 17, e.Code == 613 && e.Subcode == 1487742:
			l.score = l.score.refused(now, u.HasScore, l.score.span(scoreSpan), l.documented(Budgets.score)).learnThrottle(now, scoreSpan)
			if l.Tier == graph.TierUnknown && l.score.limit < 1000 {
				l.Tier = graph.TierLimited // which has the longer block
			}
		case e.Code >= 80000 && e.Code <= 80014: // of business use cases; higher codes are other blocks
			l.calls = l.calls.refused(now, u.HasCalls, l.calls.span(callSpan), l.documented(Budgets.calls)).learnThrottle(now, callSpan)
		}
	}
	l.checks.harmful = l.checks.harmful || left.Equal(l.checks.last)
	base, most := GuessWait(e, l.Tier)
	named := max(u.Regain, e.RetryAfter)
	if u.HasScore && u.Score >= 100 {
		named = max(named, u.Reset)
	}
	l.Block = l.Block.Close(left, now, named, base, l.Block.mostGuess(now, e, most))
	return l
}

// Pace is what the lane knows about the limit of calls per second.
func (l Lane) Pace() Pace { return l.burst.Pace }

// Adopt takes over what another lane learned about the limit of calls per second.
func (l Lane) Adopt(p Pace) Lane {
	l.burst = l.burst.adopt(p)
	return l
}

// Passed records that a call of this cost, sent at left, was not throttled.
func (l Lane) Passed(left, now time.Time, c Cost) Lane {
	l.Block = l.Block.Passed(left, now)
	l.calls.recent, l.score.recent = l.calls.recent.took(now.Sub(left)), l.score.recent.took(now.Sub(left))
	l.calls.lag, l.score.lag = l.calls.lag.pass(left, float64(c.Calls)), l.score.lag.pass(left, float64(c.Points))
	l.calls = l.calls.passed(now, float64(c.Calls), float64(l.inFlight.Calls), l.calls.span(callSpan), l.documented(Budgets.calls))
	l.score = l.score.passed(now, float64(c.Points), float64(l.inFlight.Points), l.score.span(scoreSpan), l.documented(Budgets.score))
	l.burst = l.burst.passed(now)
	return l
}
