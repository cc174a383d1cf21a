package dispatch

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Gate is what the ad accounts of one credential share: the app's quota, whether its token is
// good, and whose turn it is.
type Gate struct {
	credential string

	app       quota.App
	trust     trust
	ring      []*Lane // lanes that wait for their turn
	state     jobs.LaneState
	inherited inheritedWait

	waitReported   bool      // a wait of all lanes was reported
	waitReportedAt time.Time // when one that the API did not impose was last reported
}

// gate is the gate of a credential.
func (d *Dispatcher) gate(credential string) *Gate {
	for _, g := range d.gates {
		if g.credential == credential {
			return g
		}
	}
	g := &Gate{credential: credential, app: quota.App{Share: d.opt.Rules.Share}}
	d.gates = append(d.gates, g)
	return g
}

// next takes the lane whose turn it is, or returns nil.
func (g *Gate) next() *Lane {
	if len(g.ring) == 0 {
		return nil
	}
	l := g.ring[0]
	g.ring[0] = nil
	g.ring = g.ring[1:]
	l.queued = false
	return l
}

// Doubt holds a refusal of a lane's call until it is known whether the token and the app are
// good; own is called if the refusal is about the lane's ad account or an image of it.
func (d *Dispatcher) Doubt(l *Lane, now time.Time, own func()) {
	l.gate.trust.Doubt(l.Account, now, func() {
		own()
		l.Wake()
	})
}

// doubted reports whether refusals are held.
func (d *Dispatcher) doubted() bool {
	for _, g := range d.gates {
		if g.trust.Doubted() {
			return true
		}
	}
	return false
}

// refused reports whether refusals of the account are held: nothing is sent to it meanwhile.
func (g *Gate) refused(a plan.Account) bool { return g.trust.Refused[a] > 0 }

// explainRefusals asks whose the held refusals are, if nothing else is going to tell, or says
// when to try that again.
func (d *Dispatcher) explainRefusals(ctx context.Context, g *Gate, now time.Time) time.Time {
	if !g.trust.Doubted() {
		return quota.Never
	}
	since := g.trust.Since()
	if g.trust.Asks(slices.ContainsFunc(d.requests, func(r *Request) bool { return r.Lane.gate == g && r.Left.After(since) }), now) {
		return d.askNeutralIfAllowed(ctx, g, now)
	}
	if g.trust.Due.After(now) {
		return g.trust.Due
	}
	return quota.Never // an answer tells
}

// askNeutralIfAllowed puts the neutral question if a worker and the app's quota allow it, or
// says when they will.
func (d *Dispatcher) askNeutralIfAllowed(ctx context.Context, g *Gate, now time.Time) time.Time {
	at := g.app.Next(now)
	switch {
	case !d.pool.free(0):
		return quota.Never
	case at.After(now):
		d.blocked = true
		return at
	}
	d.askNeutral(ctx, g, now)
	return quota.Never
}

// askNeutral puts the neutral question, alone: what answers it tells whether the API is
// there, and whether it takes the token.
func (d *Dispatcher) askNeutral(ctx context.Context, g *Gate, now time.Time) {
	d.asking = true
	g.app = g.app.Spend(now)
	r := &Request{Calls: []graph.Call{graph.WhoAmI()}, Left: now}
	d.reportProbe(g.app.Block, "", now)
	d.pool.start(func() error {
		res := d.sender.Send(ctx, r)
		aborted := ctx.Err() != nil
		d.Tell(func() {
			d.pool.running--
			d.asking = false
			d.neutralAnswered(g, r, res, time.Now(), aborted)
		})
		return res.Stop
	})
}

// neutralAnswered takes the answer to the neutral question.
func (d *Dispatcher) neutralAnswered(g *Gate, r *Request, res Result, now time.Time, aborted bool) {
	d.wakeAwaiting()
	d.client.Returned(r, res, now)
	g.app = g.app.Answered()
	defer func() { g.app.Block = g.app.Block.Returned(r.Left) }()
	reply := res.Replies[0]
	if aborted && reply.Err != nil {
		return
	}
	reply = asAppThrottle(reply)
	was := g.app.Block.Until
	_, g.app = learn(quota.Lane{}, g.app, graph.AccountUsage{}, reply.Err, quota.Read, r.Left, now)
	d.appAnswered(g, reply, was, now)
	d.noteContact([]graph.Reply{reply}, r.Left, now, true)
	if err := g.trust.Judge(reply, r.Left, now, d.opt); err != nil {
		d.Halt(err)
	}
}

// asAppThrottle turns a throttle of the neutral question into one of all ad accounts, because
// the question is about none.
func asAppThrottle(r graph.Reply) graph.Reply {
	if graph.ClassOf(r.Err).Throttled() {
		e := *r.Err
		e.Class, r.Err = graph.ThrottledApp, &e
	}
	return r
}

// noteContact notes whether the API answered a request.
func (d *Dispatcher) noteContact(replies []graph.Reply, left, now time.Time, neutral bool) {
	for _, r := range replies {
		if fromAPI(r) {
			if d.contact.Answered(left, now) {
				d.reportReachable(now)
			}
			return
		}
	}
	err := replies[0].Err
	if neutral && err.Class != graph.Unreachable && d.contact.Err != nil {
		d.contact.NeutralAnswered = true
		return
	}
	first := d.contact.Err == nil
	closed, over := d.contact.NotAnswered(err, left, now, d.opt)
	if over {
		d.Halt(&jobs.OfflineError{Err: err})
		return
	}
	if closed {
		d.reportUnreachable(d.contact.Until, err.Error(), now)
	}
	if closed && first {
		d.Warn(err.Error() + "; trying again")
	}
}
