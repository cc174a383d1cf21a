package dispatch

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// mostMaybeThrottles is how many times in a row, some hours together, a throttle that may be a
// block is waited for before it counts as a refusal.
const mostMaybeThrottles = 5

// learn returns the two quotas of a call of the given cost, its ad account's and the
// app's, with what its reply says about them. A transient failure says nothing unless
// the API names a wait; a reply that did not come from the API says nothing.
func learn(lane quota.Lane, app quota.App, u graph.AccountUsage, err *graph.Error, c quota.Cost, left, now time.Time) (quota.Lane, quota.App) {
	switch graph.ClassOf(err) {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		return lane.Throttled(left, now, err, u), app
	case graph.ThrottledApp, graph.Transient:
		if err.Silent() {
			return lane, app
		}
		return lane, app.Throttled(left, now, err, lane.Tier)
	case graph.Unreachable, graph.Foreign:
		return lane, app
	}
	return lane.Passed(left, now, c), app.Passed(left, now)
}

// learn takes what a reply says of the quotas.
func (d *Dispatcher) learn(l *Lane, reply graph.Reply, cost quota.Cost, left, now time.Time) {
	if graph.ClassOf(reply.Err) == graph.Unreachable {
		return // it was no call
	}
	l.State.Calls++
	l.Dirty, l.learnt = true, true
	g := l.gate
	usage := reply.Usage.Accounts[string(l.Account)]
	was, appWas := l.Quota.Block.Until, g.app.Block.Until
	l.Quota, g.app = learn(l.Quota, g.app, usage, reply.Err, cost, left, now)
	l.sharePace(now)
	switch class := graph.ClassOf(reply.Err); class {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		d.parkLane(l, reply.Err, was, cost == quota.Write, now)
	case graph.ThrottledApp:
		l.State.Throttles++
	case graph.Transient, graph.Foreign:
	default:
		if cost == quota.Write || !l.maybeThrottledWrite {
			l.maybeThrottles = 0 // an account may be read and yet be closed to writes
		}
		if !was.IsZero() && l.Quota.Block.Until.IsZero() && (!l.parkedByApp || g.app.Block.Until.IsZero()) {
			l.resumed()
		}
	}
	d.appAnswered(g, reply, appWas, now)
	d.observe(g, reply, now)
	d.client.Learned(l, reply)
	if reply.Notice != "" {
		d.Warn(reply.Notice)
	}
}

// observe takes what the headers say, also of other ad accounts.
func (d *Dispatcher) observe(g *Gate, reply graph.Reply, now time.Time) {
	if reply.Usage.HasApp && d.opt.Rules.Mode != quota.Off {
		g.app = g.app.Observe(now, reply.Usage.App)
	}
	for account, u := range reply.Usage.Accounts {
		l := d.lanes[plan.Account(account)]
		if l == nil {
			continue
		}
		l.adopt()
		until := l.Quota.Block.Until
		l.Quota = l.Quota.Observe(now, u, d.opt.Rules)
		if l.Quota.Tier != l.State.Tier {
			l.State.Tier, l.Dirty = l.Quota.Tier, true
		}
		if l.Quota.Block.Until.After(until) {
			d.recordPark(l, jobs.Park{Account: l.Account, From: now, Until: l.Quota.Block.Until}, "its quota is nearly used up")
		}
		if l.index >= 0 {
			l.Wake() // it may have to wait for less now
		}
	}
}
