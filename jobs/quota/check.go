package quota

import (
	"time"

	"adferry/graph"
)

// A hold is a wait that a lane imposes on itself because a budget seems to be used up. If
// headers give the level, but it is a guess how it decays, the hold may be far too long, so
// it is checked by a read, whose answer says what is left.

const (
	// stale is how old a level from a header is when a hold is first checked.
	stale = 5 * time.Second
	// leastCheck is the least time between two checks, also if the budget is large.
	leastCheck = 3 * time.Second
	// secondCheck is how long after the first check of a small budget another one may be
	// sent: by then a level has fallen by more than two reads and the rounding.
	secondCheck = 30 * time.Second
	// checkShare is the part of a budget that checks may use.
	checkShare = 0.01
)

// checks is what a lane remembers of the checks of its holds.
type checks struct {
	last    time.Time // when the last one was sent
	paid    time.Time // until when the time between two checks pays for those that were sent
	before  time.Time // paid before the last one was sent
	harmful bool      // one was throttled: there are no more
}

// next is when the next one may be sent if there may be one in each of these times, and two in
// the first of them.
func (c checks) next(every time.Duration) time.Time {
	return Later(c.last.Add(min(every, secondCheck)), c.paid.Add(-every))
}

// sent records one.
func (c checks) sent(now time.Time, every time.Duration) checks {
	c.last, c.paid, c.before = now, Later(now, c.paid).Add(every), c.paid
	return c
}

// undo forgets the last one if it was charged at left, because it did not leave.
func (c checks) undo(left time.Time) checks {
	if left.Equal(c.last) {
		c.last, c.paid = time.Time{}, c.before
	}
	return c
}

// Check is the earliest time, not before now, at which a read may be sent to find out
// whether a hold is still justified. It is Never if there is no hold that rests on a guess,
// and while an answer to another call is expected. Reads that are wanted anyway need not ask:
// Next lets one pass then.
func (l Lane) Check(now time.Time, r Rules) time.Time {
	if r.Mode == Off || l.checks.harmful || l.inFlight.Calls > 0 || l.Block.Closed(now) || l.Block.probe == probeOut {
		return Never
	}
	l = l.start(r)
	if !l.guesses(now) {
		return Never
	}
	at, guessed := now, false
	for _, b := range l.budgets() {
		switch next := b.next(now, Write); {
		case !next.After(now):
		case b.guessed(now, b.time) && b.lag.of() > 0: // the levels may be old, or of something else
			guessed = true
			at = Later(at, Later(b.lag.first.Add(mostLag), l.checks.next(b.checkEvery(l.block(), b.time))))
		case b.guessed(now, b.time) && b.fits(now, b.of(Read), b.time):
			guessed = true
			at = Later(at, Later(b.observed.Add(stale), l.checks.next(b.checkEvery(l.block(), b.time))))
		case b.guessed(now, b.time) && b.unsure > 0: // it is full, but of which budget is unknown
			guessed = true
			at = Later(at, Later(b.observed, l.checks.last).Add(l.block()))
		default:
			at = Later(at, next)
		}
	}
	if !guessed {
		return Never
	}
	return Later(at, l.nextOfShare(now, Read, r.Share))
}

// checkEvery is the time between two checks of a hold: that of a documented block, or less if
// the checks use only a small share of the budget.
func (m meter) checkEvery(block, span time.Duration) time.Duration {
	return max(leastCheck, min(block, time.Duration(float64(span)/(m.limit*checkShare))))
}

// withCheck records a call that will be sent now as a check if it is one.
func (l Lane) withCheck(now time.Time) Lane {
	if !l.guesses(now) {
		return l
	}
	for _, b := range l.budgets() {
		if b.guessed(now, b.time) && b.next(now, Write).After(now) {
			l.checks = l.checks.sent(now, b.checkEvery(l.block(), b.time))
			break
		}
	}
	return l
}

// block is how long a documented block lasts.
func (l Lane) block() time.Duration {
	b, ok := Documented(l.Tier)
	if !ok {
		b, _ = Documented(graph.TierLimited)
	}
	return b.BlockedBy
}

// budget is one of a lane's budgets with the time in which it may be spent.
type budget struct {
	meter
	time time.Duration
	of   func(Cost) float64 // what it counts of a cost
}

// budgets are the two budgets.
func (l Lane) budgets() [2]budget {
	return [2]budget{
		{l.calls, l.calls.span(callSpan), func(c Cost) float64 { return float64(c.Calls) }},
		{l.score, l.score.span(scoreSpan), func(c Cost) float64 { return float64(c.Points) }},
	}
}

// guesses reports whether a wait may rest on a guess.
func (l Lane) guesses(now time.Time) bool {
	return l.calls.guessed(now, l.calls.span(callSpan)) || l.score.guessed(now, l.score.span(scoreSpan))
}

// next is when a cost fits. Writes leave room for a read that checks whether a hold is still
// justified.
func (b budget) next(now time.Time, c Cost) time.Time {
	points := b.of(c)
	if c != Read && b.guessed(now, b.time) {
		points += b.of(Read)
	}
	return b.meter.next(now, points, b.time)
}
