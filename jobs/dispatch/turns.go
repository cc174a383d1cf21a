package dispatch

import (
	"context"
	"time"

	"adferry/jobs/quota"
)

// takeTurns starts as many requests as may be sent, lane after lane, and says when more could.
func (d *Dispatcher) takeTurns(ctx context.Context, now time.Time) (wake time.Time) {
	d.blocked = false
	if d.asking {
		return quota.Never
	}
	switch may, at := d.contact.Gate(now); may {
	case gateClosed:
		return at
	case gateNeutral:
		return d.askNeutralIfAllowed(ctx, d.gate(""), now)
	case gateTrial:
		if d.pool.running > 0 {
			return quota.Never
		}
	}
	for len(d.sleeping) > 0 && !d.sleeping[0].wake.After(now) {
		d.sleeping[0].Wake()
	}
	d.urgentTurns(ctx, now)
	wake = quota.Never
	for _, g := range d.gates {
		wake = Sooner(wake, d.turnsOf(ctx, g, now))
	}
	if len(d.sleeping) > 0 {
		wake = Sooner(wake, d.sleeping[0].wake)
	}
	for _, g := range d.gates {
		wake = Sooner(wake, d.explainRefusals(ctx, g, now))
	}
	return wake
}

// canStart reports whether another request may be started, with so many workers kept free.
func (d *Dispatcher) canStart(free int) bool {
	return d.pool.free(free) && d.stop == nil && !d.contact.Trial
}

// urgentTurns gives turns to the lanes that come before all others.
func (d *Dispatcher) urgentTurns(ctx context.Context, now time.Time) {
	urgent := d.urgent
	d.urgent = nil
	for i, l := range urgent {
		for d.canStart(0) && l.Queue.Urgent() {
			l.queued = false
			if started, _ := d.visit(ctx, l, now, true); !started {
				break
			}
		}
		if !d.canStart(0) {
			d.urgent = append(d.urgent, urgent[i:]...)
			return
		}
		l.isUrgent = false
	}
}

// turnsOf gives turns to the lanes of a gate until none can send, and says when the app's
// quota allows more.
func (d *Dispatcher) turnsOf(ctx context.Context, g *Gate, now time.Time) (wake time.Time) {
	for d.canStart(d.keepFree) {
		l := g.next()
		if l == nil {
			return quota.Never
		}
		if _, closed := d.visit(ctx, l, now, false); !closed.IsZero() {
			l.Wake()
			d.blocked = true
			return closed
		}
	}
	return quota.Never
}

// visit lets the lane start one request or other work. closed is when the app's quota allows
// what the lane has to send; zero if it is not the app's that keeps it.
func (d *Dispatcher) visit(ctx context.Context, l *Lane, now time.Time, urgent bool) (started bool, closed time.Time) {
	if l.Queue == nil || l.gate.refused(l.Account) {
		return false, time.Time{} // woken when its refusals are explained
	}
	l.holding = false
	later := quota.Never
	if !urgent {
		var work Work
		if work, later = l.Queue.Prepare(now); work != nil {
			d.startWork(ctx, l, work)
			l.Wake()
			return true, time.Time{}
		}
	}
	r, at, closed := d.fill(l, now)
	if r == nil {
		if closed.IsZero() {
			l.rest(Sooner(later, at))
		}
		return false, closed
	}
	d.start(ctx, r)
	l.Wake()
	return true, time.Time{}
}

// fill makes one request of what the lane may send now, or says when it or the app may.
func (d *Dispatcher) fill(l *Lane, now time.Time) (r *Request, at, closed time.Time) {
	most := d.opt.BatchSize
	if l.Probing() || d.contact.Err != nil {
		most = 1
	}
	r, at = &Request{Lane: l, Left: now}, quota.Never
	for len(r.Calls) < most {
		o := l.Queue.Offer(r, now)
		if o.Due.After(now) {
			at = o.Due
			break
		}
		if o.Alone && len(r.Calls) > 0 {
			break
		}
		cost := o.Cost.Plus(o.Reserve)
		own, app := l.Own(cost, now), l.gate.app.Next(now)
		if until := Later(own, app); until.After(now) {
			d.heldBack(l, o, r, until, now)
			if at = own; !own.After(now) {
				closed = app
			} else if check := l.checkAt(now); len(r.Calls) == 0 && !check.After(now) {
				d.check(r, now)
			} else {
				at = Sooner(own, check)
			}
			break
		}
		d.take(l, r, o.Cost, now)
		if o.Alone || o.Last {
			break
		}
	}
	if len(r.Calls) == 0 {
		return nil, at, closed
	}
	return r, at, time.Time{}
}

// heldBack notes that a quota or a throttle keeps a lane from sending.
func (d *Dispatcher) heldBack(l *Lane, o Offer, r *Request, until, now time.Time) {
	l.HoldBack(until)
	d.tellInherited(l, now)
	l.Queue.HeldBack(o, r, until, now)
	d.reportQuotaWait(l, o.Cost, until, now)
}

// take moves what the lane offers into the request and charges it.
func (d *Dispatcher) take(l *Lane, r *Request, c quota.Cost, now time.Time) {
	l.Quota = l.Quota.Spend(now, c, d.opt.Rules)
	l.sharePace(now)
	l.gate.app = l.gate.app.Spend(now)
	call, item := l.Queue.Take(r, now)
	r.Calls, r.items = append(r.Calls, call), append(r.items, item)
}
