package engine

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// answered takes the replies to a request. When the run was aborted, a reply
// without an answer says nothing: the write stays sent, and no attempt.
func (e *Engine) answered(r *request, replies []graph.Reply, aborted bool) {
	now := time.Now()
	if !aborted {
		e.noteContact(replies, r.left, now, false)
	}
	for i, reply := range replies {
		cost := costOf(r.calls[i])
		r.lane.quota, e.app = r.lane.quota.Answered(cost), e.app.Answered()
		if aborted && reply.Err != nil && reply.Err.Lost && reply.Status == 0 {
			continue
		}
		e.clock = e.clock.heard(reply.Date, now)
		e.learn(r.lane, reply, cost, r.left, now)
		if item := r.items[i]; item.read != nil {
			e.readAnswered(r.lane, item.read, reply, r.left, now)
		} else {
			e.writeAnswered(item.task, reply, now)
		}
	}
	r.lane.quota.Block, e.app.Block = r.lane.quota.Block.Returned(r.left), e.app.Block.Returned(r.left)
	if slices.ContainsFunc(replies, func(reply graph.Reply) bool { return reply.Err == nil }) {
		e.trust.Answered(r.left)
	}
}

// sharePace tells the other lanes when one learned of the limit of requests a second
// that they all have, or tries it.
func (e *Engine) sharePace(l *lane) {
	p := l.quota.Pace()
	if p == e.pace {
		return
	}
	e.pace = p
	for _, other := range e.order {
		other.quota = other.quota.Adopt(p)
	}
}

// learn takes what a reply says of the quotas.
func (e *Engine) learn(l *lane, reply graph.Reply, cost quota.Cost, left, now time.Time) {
	write := cost == quota.Write
	if graph.ClassOf(reply.Err) == graph.Unreachable {
		return // it was no call
	}
	l.state.Calls++
	l.dirty = true
	usage := reply.Usage.Accounts[string(l.account)]
	was, appWas := l.quota.Block.Until, e.app.Block.Until
	l.quota, e.app = dispatch.Learn(l.quota, e.app, usage, reply.Err, cost, left, now)
	switch class := graph.ClassOf(reply.Err); class {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		e.parkLane(l, reply.Err, was, write, now)
	case graph.ThrottledApp:
		l.state.Throttles++
	case graph.Transient, graph.Foreign:
	default:
		if write || !l.maybeThrottledWrite {
			l.maybeThrottles = 0 // an account may be read and yet be closed to writes
		}
		if !was.IsZero() && l.quota.Block.Until.IsZero() {
			e.opt.Observe(jobs.Event{Kind: jobs.EventResumed, Account: l.account})
		}
	}
	e.appAnswered(reply, appWas, now)
	if reply.Usage.HasApp && e.opt.Rules.Mode != quota.Off {
		e.app = e.app.Observe(now, reply.Usage.App)
	}
	for account, u := range reply.Usage.Accounts {
		other := e.lanes[plan.Account(account)]
		if other == nil {
			continue
		}
		until := other.quota.Block.Until
		other.quota = other.quota.Observe(now, u, e.opt.Rules)
		if other.quota.Tier != other.state.Tier {
			other.state.Tier, other.dirty = other.quota.Tier, true
		}
		if other.quota.Block.Until.After(until) {
			e.recordPark(other, jobs.Park{Account: other.account, From: now, Until: other.quota.Block.Until}, "its quota is nearly used up")
		}
	}
	e.sharePace(l)
	e.blockedReads.stale = e.blockedReads.stale || e.blockedReads.blocked(l.account, now)
	if reply.Notice != "" {
		e.warn(reply.Notice)
	}
}

func costOf(c graph.Call) quota.Cost {
	if c.Action.Write() {
		return quota.Write
	}
	return quota.Read
}

func (e *Engine) warn(text string) { e.opt.Observe(jobs.Event{Kind: jobs.EventWarning, Text: text}) }
