package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// A lane's side of its turn: what it would send next. See [dispatch.Queue].

// Prepare implements [dispatch.Queue]: it downloads pictures and forms groups of deletes.
func (l *lane) Prepare(now time.Time) (work dispatch.Work, wake time.Time) {
	work, soon := l.e.nextDownload(l, now)
	if work != nil {
		return work, now
	}
	return nil, dispatch.Sooner(soon, l.e.regroup(l, now))
}

// Urgent implements [dispatch.Queue]: permits expire, with few workers perhaps behind other
// lanes' requests.
func (l *lane) Urgent() bool { return len(l.permits.permitted) > 0 }

// Offer implements [dispatch.Queue].
func (l *lane) Offer(_ *dispatch.Request, now time.Time) dispatch.Offer {
	read, cost, due := l.e.nextCall(l, now)
	l.offersRead = read
	o := dispatch.Offer{Cost: cost, Due: due}
	switch {
	case due.After(now):
	case read:
		o.Last = l.Reads.OneByOne()
	default:
		o.Alone, o.Reserve = l.upcoming().uploads(), l.e.reserve(l, now)
	}
	return o
}

// Take implements [dispatch.Queue].
func (l *lane) Take(_ *dispatch.Request, now time.Time) (graph.Call, dispatch.Item) {
	if l.offersRead {
		p := l.takeRead(now)
		l.reading++
		return p.call(l.Account), p
	}
	t := l.pop()
	if l.flow++; l.flow == fastStreak {
		l.wantMore()
	}
	l.WaitOver()
	return t.write(), newWrite(t, now)
}

// takeRead takes the bulk read that is due.
func (l *lane) takeRead(now time.Time) *bulkRead {
	if c := l.lookups.continued; len(c) > 0 {
		l.lookups.continued = c[1:]
		return c[0]
	}
	p := &bulkRead{lane: l, lookups: l.lookups.take(l.Reads.Size(), now)}
	for _, k := range p.lookups {
		k.wasHeld(l.readsHeld, now)
	}
	return p
}

// HeldBack implements [dispatch.Queue].
func (l *lane) HeldBack(o dispatch.Offer, r *dispatch.Request, until, now time.Time) {
	if until.Before(quota.Never) && len(r.Calls) == 0 {
		l.e.expire(l, until, false)
	}
	if o.Cost == quota.Read {
		l.holdReads(now, until)
		l.e.noteBlocked(l, now)
	} else {
		l.writesHeld(until, now)
	}
}

// writesHeld notes that writes have to wait until the given moment.
func (l *lane) writesHeld(until, now time.Time) {
	if until.Sub(now) > slowWrite && until.Before(quota.Never) {
		l.flow = 0
	}
}

// GaveUp implements [dispatch.Queue].
func (l *lane) GaveUp() { l.e.giveUpLane(l) }

// reserve is how much quota has to be free beside a write: it leaves room for the deletes of a
// group whose copies are being read, or that is saved up for.
func (e *Engine) reserve(l *lane, now time.Time) quota.Cost {
	p := &l.permits
	n := 0
	switch {
	case len(p.permitted) > 0:
	case p.group.busy(now):
		n = p.group.withoutPermit
	case p.saving:
		n = min(len(p.waiting), l.groupSize(e.d.Rules()))
	}
	return quota.Write.Times(n)
}

// slowWrite is from when on a write counts as held back: Limited access allows one
// every 15 seconds, Full access ten a second.
const slowWrite = time.Second

// nextCall is what the lane would send next: reads that are due, else writes, else
// reads when they will be due.
func (e *Engine) nextCall(l *lane, now time.Time) (read bool, cost quota.Cost, due time.Time) {
	e.refresh(l, now) // first, because it may queue lookups
	e.expire(l, now, true)
	if len(l.permits.permitted) > 0 {
		return false, quota.Write, now
	}
	due = quota.Never
	switch {
	case l.lookups.empty():
	case l.Reads.OneByOne() && l.reading > 0: // the answer on its way comes first
	case l.Reads.NotBefore.After(now):
		due = l.Reads.NotBefore
	default:
		due = l.lookups.when(now, l.Reads.Size(), len(l.ready) == 0 && l.InFlight() == 0 && l.permits.awaited == 0)
		if !due.After(now) || e.d.Quiet() && len(l.ready) == 0 && l.permits.awaited == 0 {
			return true, quota.Read, now
		}
		e.linger(l)
	}
	if len(l.ready) > 0 {
		return false, quota.Write, now
	}
	return true, quota.Read, due
}

// linger notes that the lane has lookups that wait for more to come.
func (e *Engine) linger(l *lane) {
	if !l.lingers {
		l.lingers = true
		e.lingering = append(e.lingering, l)
	}
}

// refresh has ready tasks read again whose observations grew too old while the lane
// waited, together with those whose soon would.
func (e *Engine) refresh(l *lane, now time.Time) {
	if len(l.ready) == 0 || l.ready[0].next(now, e.opt.Attempts).kind == stepSend {
		return
	}
	ready := l.ready
	l.ready = nil
	for _, t := range ready {
		if t.next(now.Add(observationAge/2), e.opt.Attempts).kind != stepSend {
			t.forget()
			e.advance(t)
		} else {
			l.ready = append(l.ready, t)
		}
	}
}
