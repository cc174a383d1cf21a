package dispatch

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
)

// Gate is what the ad accounts share whose credentials belong to one app: the app's quota, and
// whose turn it is.
type Gate struct {
	key string // of Credential.gateKey

	app       quota.App
	pace      quota.Pace // what is known of the limit of requests a second
	ring      []*Lane    // lanes that wait for their turn
	state     jobs.LaneState
	inherited inheritedWait

	park      jobs.Park // the last one of one of several apps, without an account
	parkedFor string    // why

	waitReported   bool      // a wait of all lanes was reported
	waitReportedAt time.Time // when one that the API did not impose was last reported
}

// gate is the gate with the given key.
func (d *Dispatcher) gate(key string) *Gate {
	for _, g := range d.gates {
		if g.key == key {
			return g
		}
	}
	g := d.newGate(key)
	d.gates = append(d.gates, g)
	return g
}

func (d *Dispatcher) newGate(key string) *Gate {
	g := &Gate{key: key, app: quota.App{Share: d.opt.Rules.Share}}
	if d.earlier != nil {
		g.inherit(*d.earlier, time.Now())
	}
	return g
}

// mainGate is the gate whose state stands for the app in the checkpoint. With several apps the
// waits of each are those of its ad accounts, and only a dead network keeps back all.
func (d *Dispatcher) mainGate() *Gate {
	if len(d.gates) == 0 {
		return d.newGate("") // which is not one of several when that of the first lane comes
	}
	return d.gates[0]
}

// lanesOf calls each for every lane of the gate that has a queue.
func (d *Dispatcher) lanesOf(g *Gate, each func(*Lane)) {
	for _, l := range d.order {
		if l.gate == g && l.Queue != nil {
			each(l)
		}
	}
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
	if l.login.ended != nil {
		return // left for a later run
	}
	l.login.trust.Doubt(l.Account, now, func() {
		own()
		l.Wake()
	})
}

// doubted reports whether refusals are held.
func (d *Dispatcher) doubted() bool {
	for _, o := range d.logins {
		if o.trust.Doubted() {
			return true
		}
	}
	return false
}

// barred reports whether nothing is sent for the lane: refusals of it are held, or its token
// was refused.
func (l *Lane) barred() bool { return l.login.ended != nil || l.login.trust.Refused[l.Account] > 0 }

// explainRefusals asks whose the held refusals are, if nothing else is going to tell, or says
// when to try that again.
func (d *Dispatcher) explainRefusals(ctx context.Context, o *login, now time.Time) time.Time {
	if !o.trust.Doubted() {
		return quota.Never
	}
	since := o.trust.Since()
	if o.trust.Asks(slices.ContainsFunc(d.requests, func(r *Request) bool { return r.Lane.login == o && r.Left.After(since) }), now) {
		return d.askNeutralIfAllowed(ctx, o, now)
	}
	if o.trust.Due.After(now) {
		return o.trust.Due
	}
	return quota.Never // an answer tells
}

// askNeutralIfAllowed puts the neutral question if a worker and the app's quota allow it, or
// says when they will.
func (d *Dispatcher) askNeutralIfAllowed(ctx context.Context, o *login, now time.Time) time.Time {
	at := o.gate.app.Next(now)
	switch {
	case !d.pool.free(0):
		return quota.Never
	case at.After(now):
		d.blocked = true
		return at
	}
	d.askNeutral(ctx, o, now)
	return quota.Never
}

// askNeutral puts the neutral question, alone: what answers it tells whether the API is
// there, and whether it takes the token.
func (d *Dispatcher) askNeutral(ctx context.Context, o *login, now time.Time) {
	d.asking = true
	o.gate.app = o.gate.app.Spend(now)
	call := graph.WhoAmI()
	call.Credential = o.label
	r := &Request{Calls: []graph.Call{call}, Left: now, departure: neutralDeparture(o.gate)}
	d.reportAppProbe(o.gate, now)
	d.pool.start(func() error {
		res := d.sender.Send(ctx, r)
		aborted := ctx.Err() != nil
		d.Tell(func() {
			d.pool.running--
			d.asking = false
			d.neutralAnswered(o, r, res, time.Now(), aborted)
		})
		return res.Stop
	})
}

// neutralAnswered takes the answer to the neutral question.
func (d *Dispatcher) neutralAnswered(o *login, r *Request, res Result, now time.Time, aborted bool) {
	g := o.gate
	d.wakeAwaiting()
	d.client.Returned(r, res, now)
	g.app = g.app.Answered()
	defer func() { g.app.Block = g.app.Block.Returned(r.Left) }()
	if !res.WasSent(0) {
		g.app = g.app.Unspend(r.Left, now, 1)
		o.trust.Due = now.Add(d.opt.RetryBase)
		if res.Stop != nil {
			d.Halt(res.Stop)
		}
		return
	}
	reply := res.Replies[0]
	if aborted && reply.Err != nil {
		return
	}
	reply = asAppThrottle(reply)
	was := g.app.Block.Until
	_, g.app = learn(quota.Lane{}, g.app, graph.AccountUsage{}, reply.Err, quota.Read, r.Left, now)
	d.appAnswered(g, reply, was, now)
	d.noteContact([]graph.Reply{reply}, r.Left, now, true)
	d.judged(o, o.trust.Judge(reply, r.Left, now, d.opt))
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
	if slices.ContainsFunc(replies, fromAPI) {
		if d.contact.Answered(left, now) {
			d.reportReachable(now)
		}
		return
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
