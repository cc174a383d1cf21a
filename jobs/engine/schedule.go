package engine

import (
	"context"
	"time"

	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// sendAll starts as many requests as may be sent, lane after lane, and says when more
// could. A lane's turn may bring lookups to lanes that had theirs before, so it goes on
// until nothing changes.
func (e *Engine) sendAll(ctx context.Context, now time.Time) (wake time.Time) {
	e.blocked = false
	if e.asking {
		return quota.Never
	}
	switch may, at := e.contact.Gate(now); may {
	case dispatch.GateClosed:
		return at
	case dispatch.GateNeutral:
		return e.askNeutralIfAllowed(ctx, now)
	case dispatch.GateTrial:
		if e.inflight > 0 {
			return quota.Never
		}
	}
	for e.readyChanged = true; e.readyChanged; {
		e.readyChanged, e.blocked = false, false
		e.sendPermitted(ctx, now)
		wake = e.takeTurns(ctx, now)
	}
	return dispatch.Sooner(wake, e.explainRefusals(ctx, now))
}

// takeTurns lets the lanes send in turns until none can, and says when one could.
func (e *Engine) takeTurns(ctx context.Context, now time.Time) (wake time.Time) {
	wake = quota.Never
	for idle := 0; e.inflight < e.requestLimit() && idle < len(e.order) && e.stop == nil && !e.contact.Trial; {
		e.turn = (e.turn + 1) % len(e.order)
		l := e.order[e.turn]
		if e.trust.Refused[l.account] > 0 { // its refusals have to be explained first
			idle++
			continue
		}
		tasks, soon := e.downloadable(l, now)
		if len(tasks) > 0 {
			idle = 0
			e.download(ctx, l, tasks)
			continue
		}
		later := e.regroup(l, now)
		r, at := e.fill(ctx, l, now)
		if r == nil {
			idle++
			wake = dispatch.Sooner(wake, dispatch.Sooner(soon, dispatch.Sooner(later, at)))
			continue
		}
		idle = 0
		e.start(ctx, r)
	}
	return wake
}

// fill makes one request of what the lane may send now, or says when it may.
func (e *Engine) fill(ctx context.Context, l *lane, now time.Time) (*request, time.Time) {
	most := e.opt.BatchSize
	r := &request{lane: l, left: now}
	if l.quota.Block.Probing() || e.app.Block.Probing() || e.contact.Err != nil {
		most = 1 // a probe
	}
	wake := quota.Never
	for len(r.calls) < most && !r.alone {
		var at time.Time
		read, cost, due := e.nextCall(l, now)
		switch {
		case due.After(now):
			at = due
		case !read && len(r.calls) > 0 && l.upcoming().uploads():
			return r, now
		default:
			if at = e.allowed(l, e.reserving(l, read, cost, now), now); !at.After(now) {
				e.moveToRequest(r, read, cost, now)
				if read && l.oneByOne() {
					return r, now
				}
				continue
			}
			if at.Before(quota.Never) && len(r.calls) == 0 {
				e.expire(l, at, false)
			}
			if read {
				l.holdReads(now, at)
				e.blocked = true
				e.tellInherited(l, now)
				e.noteBlocked(l, now)
				e.reportQuotaWait(l, cost, at, now)
			} else {
				e.heldBack(l, cost, at, now)
			}
		}
		wake = dispatch.Sooner(wake, at)
		break
	}
	if len(r.calls) == 0 {
		return nil, wake
	}
	return r, now
}

// reserving is how much quota has to be free for a call of this cost: a write leaves
// room for the deletes of a group whose copies are being read, or that is saved up for.
func (e *Engine) reserving(l *lane, read bool, c quota.Cost, now time.Time) quota.Cost {
	p := &l.permits
	if read || len(p.permitted) > 0 {
		return c
	}
	n := 0
	switch {
	case p.group.busy(now):
		n = p.group.withoutPermit
	case p.saving:
		n = min(len(p.waiting), l.groupSize(e.opt.Rules))
	}
	return c.Plus(quota.Write.Times(n))
}

// heldBack notes that a write has to wait for its quota.
func (e *Engine) heldBack(l *lane, c quota.Cost, at, now time.Time) {
	e.blocked = true
	e.tellInherited(l, now)
	if at.Sub(now) > slowWrite && at.Before(quota.Never) {
		l.flow = 0
		e.reportQuotaWait(l, c, at, now)
	}
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
	case l.oneByOne() && l.reading > 0: // the answer on its way comes first
	case l.denials > 0 && l.nextReadAt.After(now):
		due = l.nextReadAt
	default:
		due = l.lookups.when(now, l.readSize(), len(l.ready) == 0 && l.inflight == 0 && l.permits.awaited == 0)
		if !due.After(now) || e.nothingInFlight() && len(l.ready) == 0 && l.permits.awaited == 0 {
			return true, quota.Read, now
		}
	}
	if len(l.ready) > 0 {
		return false, quota.Write, now
	}
	return true, quota.Read, due
}

// nothingInFlight reports whether nothing is on its way that could bring more lookups.
func (e *Engine) nothingInFlight() bool { return e.inflight == 0 && e.commit.idle() }

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

// allowed is when the lane's and the app's quota allow a call of this cost.
func (e *Engine) allowed(l *lane, c quota.Cost, now time.Time) time.Time {
	at := l.quota.Next(now, c, e.opt.Rules)
	if app := e.app.Next(now); app.After(at) {
		return app
	}
	return at
}

// moveToRequest moves a read or a write into the request and charges it.
func (e *Engine) moveToRequest(r *request, read bool, c quota.Cost, now time.Time) {
	l := r.lane
	l.quota = l.quota.Spend(now, c, e.opt.Rules)
	e.sharePace(l)
	e.app = e.app.Spend(now)
	if read {
		l.reading++
		var p *bulkRead
		if len(l.lookups.continued) > 0 {
			p, l.lookups.continued = l.lookups.continued[0], l.lookups.continued[1:]
		} else {
			p = &bulkRead{lookups: l.lookups.take(l.readSize(), now)}
			for _, k := range p.lookups {
				k.wasHeld(l.readsHeld, now)
			}
		}
		r.items = append(r.items, item{read: p})
		r.calls = append(r.calls, p.call(l.account))
		return
	}
	t := l.pop()
	l.flow++
	e.reportWaitOver(l)
	r.alone = t.uploads()
	r.items = append(r.items, item{task: t})
	r.calls = append(r.calls, t.write())
}
