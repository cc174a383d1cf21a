package sandbox

import "time"

// A budget admits calls while its ledger stays within the limit.
type budget struct {
	limit  float64
	ledger ledger
	span   time.Duration // the time in which the limit may be spent once

	// penalty, when set, blocks for that long whoever exceeds the limit, however
	// fast the ledger drains meanwhile.
	penalty time.Duration
	blocked time.Time
	// extend lets calls that are refused count, which lengthens the block.
	extend bool

	others      Others
	othersUntil time.Time // until when the others have been accounted for
	refused     int       // refused since the last admitted call
}

// take charges cost and says whether the call may pass; repeat tells a call that
// came during a block from the one that caused it.
func (b *budget) take(now time.Time, cost float64) (ok, repeat bool) {
	b.chargeOthers(now)
	if b.penalty > 0 && now.Before(b.blocked) {
		b.refused++
		if b.extend {
			b.blocked = now.Add(b.penalty)
			b.ledger.add(now, cost)
		}
		return false, true
	}
	if b.ledger.used(now)+cost <= b.limit+1e-9 {
		b.ledger.add(now, cost)
		b.refused = 0
		return true, false
	}
	repeat = b.penalty == 0 && b.refused > 0
	b.refused++
	if b.penalty > 0 {
		b.blocked = now.Add(b.penalty)
	}
	if b.penalty > 0 || b.extend {
		b.ledger.add(now, cost)
	}
	return false, repeat
}

// exhausted says whether a call of that cost would be refused.
func (b *budget) exhausted(now time.Time, cost float64) bool {
	b.chargeOthers(now)
	if b.penalty > 0 {
		return now.Before(b.blocked)
	}
	return b.ledger.used(now)+cost > b.limit+1e-9
}

// wait is the time until the budget admits again, 0 when it does.
func (b *budget) wait(now time.Time) time.Duration {
	switch {
	case !b.exhausted(now, 1):
		return 0
	case b.penalty > 0:
		return b.blocked.Sub(now)
	}
	return b.ledger.until(now, b.limit-1)
}

// percent is the utilisation. Beyond 100 it goes only when asked to, by what was
// refused since the last admitted call.
func (b *budget) percent(now time.Time, above100 bool) float64 {
	b.chargeOthers(now)
	used := b.ledger.used(now)
	if above100 && !b.extend && b.penalty == 0 { // a score rises beyond its limit by itself
		used += float64(b.refused)
	}
	p := 100 * used / b.limit
	if above100 {
		return p
	}
	return min(p, 100)
}

// chargeOthers accounts for the other programs since the last time. They stop at the
// limit, as programs that obey do.
func (b *budget) chargeOthers(now time.Time) {
	from := b.othersUntil
	if !now.After(from) {
		return
	}
	b.othersUntil = now
	if from.IsZero() || b.others.Share == 0 {
		return
	}
	from = maxTime(from, now.Add(-b.span))
	const steps = 60 // fine enough for a wave, and bounded
	step := max(now.Sub(from)/steps, time.Second)
	for from.Before(now) {
		to := from.Add(step)
		if to.After(now) {
			to = now
		}
		eat := b.others.Share * b.limit * b.others.active(from, to).Seconds() / b.span.Seconds()
		if room := b.limit - b.ledger.used(to); eat > 0 && room > 0 {
			b.ledger.add(to, min(eat, room))
		}
		from = to
	}
}

// Others are programs that eat a share of each budget, evenly or in waves.
type Others struct {
	// Share of the limit they would use if they ran all the time, 0 to 1.
	Share float64
	// They run for Busy at the start of each Period, counted from 1970; a zero
	// Period is always.
	Period, Busy time.Duration
}

// active is how long they run between two moments.
func (o Others) active(from, to time.Time) time.Duration {
	if o.Period <= 0 {
		return to.Sub(from)
	}
	return o.before(to) - o.before(from)
}

func (o Others) before(t time.Time) time.Duration {
	period := int64(o.Period)
	whole, rest := t.UnixNano()/period, t.UnixNano()%period
	// Busy time since 1970 overflows nothing: it is at most the time itself.
	return time.Duration(whole*min(int64(o.Busy), period) + min(rest, int64(o.Busy)))
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
