package dispatch

import (
	"context"
	"slices"
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
		return d.askNeutralIfAllowed(ctx, d.anyLogin(), now)
	case gateTrial:
		if d.pool.running > 0 {
			return quota.Never
		}
	}
	for len(d.sleeping) > 0 && !d.sleeping[0].wake.After(now) {
		d.sleeping[0].Wake()
	}
	wake = d.urgentTurns(ctx, now)
	wake = quota.Earlier(wake, d.gatesTurns(ctx, now))
	if len(d.sleeping) > 0 {
		wake = quota.Earlier(wake, d.sleeping[0].wake)
	}
	for _, o := range d.logins {
		wake = quota.Earlier(wake, d.explainRefusals(ctx, o, now))
	}
	return wake
}

// canStart reports whether another request may be started, with so many workers kept free.
func (d *Dispatcher) canStart(free int) bool {
	return d.pool.free(free) && d.stop == nil && !d.contact.Trial
}

// urgentTurns gives turns to the lanes that come before all others, as long as their queues are
// urgent, and says when one of them could send that cannot now.
func (d *Dispatcher) urgentTurns(ctx context.Context, now time.Time) (wake time.Time) {
	wake = quota.Never
	var still []*Lane
	for len(d.urgent) > 0 {
		l := d.urgent[0]
		d.urgent = d.urgent[1:]
		for l.Queue.Urgent() && d.canStart(0) && !l.barred() {
			r, at, closed := d.fill(l, now)
			if r == nil {
				wake = quota.Earlier(wake, quota.Later(at, closed))
				break
			}
			d.start(ctx, r)
		}
		if l.urgent = l.Queue.Urgent(); l.urgent {
			still = append(still, l)
		}
	}
	d.urgent = still
	return wake
}

// gatesTurns gives turns to the lanes of all gates, to one of each gate after the other, until
// none can send, and says when an app's quota allows more.
func (d *Dispatcher) gatesTurns(ctx context.Context, now time.Time) (wake time.Time) {
	wake = quota.Never
	open := slices.Clone(d.gates)
	for empty := 0; empty < len(open) && d.canStart(d.keepFree); { // a visit may wake lanes of any gate
		d.turn++
		i := d.turn % len(open)
		l := open[i].next()
		if l == nil {
			empty++
			continue
		}
		empty = 0
		if closed := d.visit(ctx, l, now); !closed.IsZero() {
			d.blocked = true
			wake = quota.Earlier(wake, closed)
			open = slices.Delete(open, i, i+1)
		}
	}
	return wake
}

// visit lets the lane start one request or other work, and then wait in the ring or until it is
// woken. closed is when the app's quota allows what the lane has to send; zero if it is not the
// app's that keeps it.
func (d *Dispatcher) visit(ctx context.Context, l *Lane, now time.Time) (closed time.Time) {
	if l.Queue == nil || l.barred() {
		return time.Time{} // woken when its refusals are explained, if they are
	}
	l.heldNow = false
	work, later := l.Queue.Prepare(now)
	if work != nil {
		d.startWork(ctx, l, work)
		l.Wake()
		return time.Time{}
	}
	r, at, closed := d.fill(l, now)
	if app := l.gate.app.Next(now); r == nil && l.heldNow && app.After(now) {
		closed = app // also if the app's quota keeps what was prepared
	}
	switch {
	case r != nil:
		d.start(ctx, r)
		l.Wake()
	case !closed.IsZero():
		l.Wake()
	default:
		l.rest(quota.Earlier(later, at))
	}
	return closed
}

// fill makes one request of what the lane may send now, or says when it or the app may.
func (d *Dispatcher) fill(l *Lane, now time.Time) (r *Request, at, closed time.Time) {
	most := d.opt.BatchSize
	if l.Probing() || d.contact.Err != nil {
		most = 1
	}
	r, at = &Request{Lane: l, Left: now}, quota.Never
	for len(r.Calls) < most {
		o := l.Queue.Offer(now)
		if o.Due.After(now) {
			at = o.Due
			break
		}
		if o.Alone && len(r.Calls) > 0 {
			break
		}
		own, app := l.ownFor(o, now), l.gate.app.Next(now)
		if until := quota.Later(own, app); until.After(now) {
			l.HoldBack(until)
			d.tellInherited(l, now)
			l.Queue.HeldBack(o, len(r.Calls) == 0, until, now)
			d.reportQuotaWait(l, o.Cost.Plus(o.Reserve), until, now)
			if at = quota.Earlier(own, o.Next); !own.After(now) {
				closed = app
			} else if check := l.checkAt(now); len(r.Calls) == 0 && !check.After(now) {
				d.check(r, now)
			} else {
				at = quota.Earlier(at, check)
			}
			break
		}
		d.take(l, r, o, now)
		if o.Alone || o.Last {
			break
		}
	}
	if len(r.Calls) == 0 {
		return nil, at, closed
	}
	return r, at, time.Time{}
}

// ownFor is when the lane's own quota allows an offer.
func (l *Lane) ownFor(o Offer, now time.Time) time.Time {
	at := l.Own(o.Cost, now)
	if o.Reserve != (quota.Cost{}) {
		at = quota.Later(at, l.Own(o.Cost.Plus(o.Reserve), now))
	}
	return at
}

// take moves what the lane offers into the request and charges it.
func (d *Dispatcher) take(l *Lane, r *Request, o Offer, now time.Time) {
	l.Quota = l.Quota.Spend(now, o.Cost, d.opt.Rules)
	l.sharePace(now)
	l.gate.app = l.gate.app.Spend(now)
	call, item := l.Queue.Take(o, now)
	r.Calls, r.items = append(r.Calls, call), append(r.items, item)
}
