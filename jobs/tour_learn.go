package jobs

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// learn takes what a reply says of the quotas, as Engine.learn does.
func (t *tour) learn(s *stopover, reply graph.Reply, left, now time.Time) {
	lane, app := s.quota.Block.Until, t.app.Block.Until
	*s.quota, t.app = heard(*s.quota, t.app, reply.Usage.Accounts[string(s.account)], reply.Err, quota.Read, left, now)
	closed := s.quota.Block.Until.After(lane)
	switch classOf(reply.Err) {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		if closed && reply.Err.Class == graph.MaybeThrottled {
			s.maybe++
		}
		if closed {
			t.parked(s.account, s.quota.Block.Until, reply.Err.Detail())
		}
	case graph.ThrottledApp:
		if t.app.Block.Until.After(app) {
			t.parked("", t.app.Block.Until, reply.Err.Detail())
		}
	case graph.Transient, graph.Unreachable:
	default:
		s.maybe = 0
		if !lane.IsZero() && s.quota.Block.Until.IsZero() {
			t.opt.Observe(Event{Kind: EventResumed, Account: s.account})
		}
	}
	t.observe(reply, now)
	t.agree(s)
	if reply.Notice != "" {
		t.warn(reply.Notice)
	}
}

// agree tells the other accounts what one learned of the limit of requests a
// second that they all have, as Engine.agree does.
func (t *tour) agree(s *stopover) {
	p := s.quota.Pace()
	if p == t.pace {
		return
	}
	t.pace = p
	for _, other := range t.quotas {
		*other = other.Heed(p)
	}
}

// observe takes what the headers say, also of other accounts.
func (t *tour) observe(reply graph.Reply, now time.Time) {
	if reply.Usage.HasApp && t.opt.Rules.Mode != quota.Off {
		t.app = t.app.Observe(now, reply.Usage.App)
	}
	for account, u := range reply.Usage.Accounts {
		q := t.quotas[plan.Account(account)]
		if q == nil {
			continue
		}
		until := q.Block.Until
		*q = q.Observe(now, u, t.opt.Rules)
		if q.Block.Until.After(until) {
			t.parked(plan.Account(account), q.Block.Until, "its quota is nearly used up")
		}
	}
}

// parked tells of a wait that the API imposed.
func (t *tour) parked(a plan.Account, until time.Time, why string) {
	t.opt.Observe(Event{Kind: EventParked, Account: a, Until: until, Text: why})
	if t.opt.StopOnThrottle && t.stop == nil {
		t.stop = &ThrottledError{a, until}
	}
}

func (t *tour) warn(text string) { t.opt.Observe(Event{Kind: EventWarning, Text: text}) }
