package dispatch

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
)

// Request is one HTTP request: a few calls on one lane. Of the neutral question there is no
// lane.
type Request struct {
	Lane  *Lane
	Calls []graph.Call
	Left  time.Time // when it passed the quotas
	items []Item

	departure jobs.Departure // of a shared job
}

// Items are what the calls are about, one for each. A sender may read of them what the
// client does not write while the request is on its way.
func (r *Request) Items() []Item { return r.items }

// Sender makes the round trip of a request, in a slot of the pool. It changes nothing of the
// request: what becomes of it is in the result.
type Sender interface {
	Send(ctx context.Context, r *Request) Result
}

// Result is what became of a request.
type Result struct {
	Replies []graph.Reply // one for each call
	Unsent  []error       // for each call why it was not sent; nil: all were, or that one was
	Stop    error         // ends the run
}

// WasSent reports whether a call was sent.
func (r Result) WasSent(i int) bool { return r.Unsent == nil || r.Unsent[i] == nil }

// Sent are the replies to the calls that were sent.
func (r Result) Sent() (replies []graph.Reply) {
	if r.Unsent == nil {
		return r.Replies
	}
	for i, reply := range r.Replies {
		if r.WasSent(i) {
			replies = append(replies, reply)
		}
	}
	return replies
}

// start hands the request to the pool.
func (d *Dispatcher) start(ctx context.Context, r *Request) {
	r.Lane.inflight++
	if d.opt.Shared {
		r.departure = d.departureOf(r, r.Left)
	}
	d.requests = append(d.requests, r)
	d.noteStart()
	d.reportProbes(r)
	if g := r.Lane.gate; !g.app.Block.Probing() && d.contact.Err == nil {
		d.appWaitOver(g, jobs.EventWaitOver, r.Left)
	}
	if d.contact.Trial = d.contact.Err != nil; !d.contact.Trial {
		d.idle = time.Time{}
	}
	d.pool.start(func() error {
		res := d.sender.Send(ctx, r)
		aborted := ctx.Err() != nil
		d.Tell(func() { d.returned(r, res, aborted) })
		return res.Stop
	})
}

// NotWoken warns of a defect of this package or its client: a lane had something to send and
// nothing gave it its turn.
const NotWoken = "internal error: an ad account was forgotten for a while"

// noteStart notes that something is started.
func (d *Dispatcher) noteStart() {
	if d.rescued {
		d.Warn(NotWoken)
	}
	d.rescued = false
}

// returned takes what became of a request. When the run was aborted, a reply without an
// answer says nothing.
func (d *Dispatcher) returned(r *Request, res Result, aborted bool) {
	now := time.Now()
	l := r.Lane
	d.pool.running--
	l.inflight--
	d.requests = slices.DeleteFunc(d.requests, func(other *Request) bool { return other == r })
	d.contact.Trial = false // also of a request that never left
	l.Wake()
	d.wakeAwaiting()
	if res.Stop != nil {
		d.Halt(res.Stop)
	}
	d.client.Returned(r, res, now)
	if why := notYet(res); why != nil {
		d.uncharge(r, why, now)
	}
	if d.stop != nil && d.opt.CancelOnStop {
		for _, call := range r.Calls {
			l.Quota, l.gate.app = l.Quota.Answered(costOf(call)), l.gate.app.Answered()
		}
		l.Quota.Block, l.gate.app.Block = l.Quota.Block.Returned(r.Left), l.gate.app.Block.Returned(r.Left)
		return
	}
	sent := res.Sent()
	if !aborted && len(sent) > 0 {
		d.noteContact(sent, r.Left, now, false)
	}
	for i, call := range r.Calls {
		cost := costOf(call)
		l.adopt()
		l.Quota, l.gate.app = l.Quota.Answered(cost), l.gate.app.Answered()
		if !res.WasSent(i) {
			r.items[i].Unsent(res.Unsent[i], now)
			continue
		}
		reply := res.Replies[i]
		if aborted && reply.Err != nil && reply.Err.Lost && reply.Status == 0 {
			continue
		}
		d.learn(l, reply, cost, r.Left, now)
		r.items[i].Answered(r, reply, now)
	}
	l.Quota.Block, l.gate.app.Block = l.Quota.Block.Returned(r.Left), l.gate.app.Block.Returned(r.Left)
	if slices.ContainsFunc(sent, func(reply graph.Reply) bool { return reply.Err == nil }) {
		l.login.trust.Answered(r.Left)
	}
}

// startWork runs what is no API call in a slot of the pool, and what it returns in the
// dispatcher.
func (d *Dispatcher) startWork(ctx context.Context, l *Lane, work Work) {
	l.inflight++
	d.noteStart()
	d.pool.start(func() error {
		then := work(ctx)
		d.Tell(func() {
			d.pool.running--
			l.inflight--
			l.Wake()
			then()
		})
		return nil
	})
}

func costOf(c graph.Call) quota.Cost {
	if c.Action.Write() {
		return quota.Write
	}
	return quota.Read
}

// Plain is a Sender that makes one round trip to the API and nothing else.
type Plain struct{ API API }

// Send implements Sender.
func (p Plain) Send(ctx context.Context, r *Request) Result {
	return Result{Replies: p.API.Do(ctx, r.Calls)}
}

// GiveUp has nothing more sent for the lane, because of err.
func (l *Lane) GiveUp(err *graph.Error) {
	l.GivenUp = err
	l.Queue.GaveUp()
}
