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
	if l.rests {
		return nil, quota.Never
	}
	work, soon := l.e.nextDownload(l, now)
	if work != nil {
		return work, now
	}
	return nil, quota.Earlier(soon, l.e.regroup(l, now))
}

// Urgent implements [dispatch.Queue]: permits expire, with few workers perhaps behind other
// lanes' requests.
func (l *lane) Urgent() bool { return len(l.permits.permitted) > 0 && !l.rests }

// Offer implements [dispatch.Queue]: reads that are due, else writes, else reads when they will
// be due. Writes for which reading was done long ago come first: where calls are few, others'
// reads would make them be read again for ever.
func (l *lane) Offer(now time.Time) dispatch.Offer {
	e := l.e
	if l.rests {
		return dispatch.Offer{Cost: quota.Read, Due: l.readsDue(now), Next: quota.Never, Last: l.Reads.OneByOne()}
	}
	e.refresh(l, now) // first, because it may queue lookups
	e.expire(l, now, true)
	if len(l.permits.permitted) > 0 {
		return dispatch.Offer{Cost: quota.Write, Due: now, Next: quota.Never}
	}
	due := l.readsDue(now)
	switch {
	case len(l.ready) == 0:
		return dispatch.Offer{Cost: quota.Read, Due: due, Next: quota.Never, Last: l.Reads.OneByOne()}
	case due.After(now):
		return l.offerWrite(due, now)
	case e.growsOld(l, now) && !l.lookups.forGroup():
		return l.offerWrite(quota.Never, now)
	}
	return dispatch.Offer{Cost: quota.Read, Due: now, Next: quota.Never, Last: l.Reads.OneByOne()}
}

// offerWrite offers the next ready write, and if quotas hold it back another offer later.
func (l *lane) offerWrite(other, now time.Time) dispatch.Offer {
	return dispatch.Offer{Cost: quota.Write, Due: now, Reserve: l.e.reserve(l, now), Next: other, Alone: l.ready[0].uploads()}
}

// readsDue is when the lane's next read is due; quota.Never if there is none before an answer.
func (l *lane) readsDue(now time.Time) time.Time {
	switch {
	case l.lookups.empty():
		return quota.Never
	case l.Reads.OneByOne() && l.reading > 0: // the answer on its way comes first
		return quota.Never
	case l.Reads.NotBefore.After(now):
		return l.Reads.NotBefore
	}
	idle := len(l.ready) == 0 && l.permits.awaited == 0
	if idle && l.e.d.Quiet() {
		return now
	}
	due := l.lookups.when(now, l.Reads.Size(), idle && l.InFlight() == 0)
	if due.After(now) {
		l.e.linger(l)
	}
	return due
}

// Take implements [dispatch.Queue].
func (l *lane) Take(o dispatch.Offer, now time.Time) (graph.Call, dispatch.Item) {
	l.acted = now
	if o.Cost == quota.Read {
		p := l.takeRead(now)
		l.reading++
		return p.call(l.Account), p
	}
	t := l.pop()
	l.writing++
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
func (l *lane) HeldBack(o dispatch.Offer, alone bool, until, now time.Time) {
	if alone && until.Before(quota.Never) {
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
	switch p := &l.permits; {
	case p.group.busy(now):
		return quota.Write.Times(p.group.withoutPermit)
	case p.saving:
		return quota.Write.Times(min(len(p.waiting), l.groupSize(e.d.Rules())))
	}
	return quota.Cost{}
}

// slowWrite is from when on a write counts as held back: Limited access allows one
// every 15 seconds, Full access ten a second.
const slowWrite = time.Second

// linger notes that the lane has lookups that wait for more to come.
func (e *Engine) linger(l *lane) {
	if !l.lingers {
		l.lingers = true
		e.lingering = append(e.lingering, l)
	}
}

// growsOld reports whether the next write has half the time behind it for which its
// observations count.
func (e *Engine) growsOld(l *lane, now time.Time) bool {
	return len(l.ready) > 0 && l.ready[0].next(now.Add(observationAge/2), e.opt.Attempts).kind != stepSend
}

// refresh has ready tasks read again whose observations grew too old while the lane
// waited, together with those whose soon would.
func (e *Engine) refresh(l *lane, now time.Time) {
	if len(l.ready) == 0 || l.ready[0].next(now, e.opt.Attempts).kind == stepSend {
		return
	}
	e.advanceFrom(&l.ready, func(t *task) bool {
		old := t.next(now.Add(observationAge/2), e.opt.Attempts).kind != stepSend
		if old {
			t.forget()
		}
		return old
	})
}

// advanceFrom advances the tasks of a queue for which it is time; the others stay in it.
func (e *Engine) advanceFrom(queue *[]*task, due func(*task) bool) {
	tasks := *queue
	*queue = nil
	for _, t := range tasks {
		if due(t) {
			e.advance(t)
		} else {
			*queue = append(*queue, t)
		}
	}
}
