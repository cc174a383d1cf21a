package sandbox

import "time"

// A budget admits calls while the spending in its ledger stays within the limit.
type budget struct {
	limit  float64
	ledger ledger
	span   time.Duration // the time in which the whole limit may be spent

	// penalty, if not 0, is how long calls are refused after one exceeded the limit,
	// however much the ledger forgets meanwhile.
	penalty time.Duration
	blocked time.Time
	// extend makes refused calls count, which prolongs the block.
	extend bool

	others      Others
	othersUntil time.Time // until when the other programs are charged
	refused     int       // calls refused since the last admitted one
}

// take charges a call and reports whether it is admitted. repeat is true for a refused
// call if the one before it was refused, too.
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

// exhausted reports whether a call of that cost would be refused.
func (b *budget) exhausted(now time.Time, cost float64) bool {
	b.chargeOthers(now)
	if b.penalty > 0 {
		return now.Before(b.blocked)
	}
	return b.ledger.used(now)+cost > b.limit+1e-9
}

// wait is the time until the budget admits a call, 0 if it does now.
func (b *budget) wait(now time.Time) time.Duration {
	switch {
	case !b.exhausted(now, 1):
		return 0
	case b.penalty > 0:
		return b.blocked.Sub(now)
	}
	return b.ledger.until(now, b.limit-1)
}

// percent is the utilisation. It exceeds 100 only if above100 is set; then calls that were
// refused since the last admitted one count, too.
func (b *budget) percent(now time.Time, above100 bool) float64 {
	b.chargeOthers(now)
	used := b.ledger.used(now)
	if above100 && !b.extend && b.penalty == 0 { // with a penalty, the ledger itself exceeds the limit
		used += float64(b.refused)
	}
	p := 100 * used / b.limit
	if above100 {
		return p
	}
	return min(p, 100)
}

// chargeOthers charges what other programs used since the last call of it. They stop at the
// limit, as programs do that obey.
func (b *budget) chargeOthers(now time.Time) {
	from := b.othersUntil
	if !now.After(from) {
		return
	}
	b.othersUntil = now
	if from.IsZero() || b.others.Share == 0 {
		return
	}
	if first := now.Add(-b.span); from.Before(first) {
		from = first
	}
	const steps = 60 // enough to follow a wave
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

// Others are other programs that use a share of each budget, evenly or in waves.
type Others struct {
	// Share of the limit they would use if they ran all the time, 0 to 1.
	Share float64
	// They run for Busy at the start of each Period, counted from 1970. With a zero
	// Period they run all the time.
	Period, Busy time.Duration
}

// active is how long they run between two times.
func (o Others) active(from, to time.Time) time.Duration {
	if o.Period <= 0 {
		return to.Sub(from)
	}
	return o.before(to) - o.before(from)
}

func (o Others) before(t time.Time) time.Duration {
	period := int64(o.Period)
	whole, rest := t.UnixNano()/period, t.UnixNano()%period
	// Cannot overflow: the busy time since 1970 is at most the time since 1970.
	return time.Duration(whole*min(int64(o.Busy), period) + min(rest, int64(o.Busy)))
}
