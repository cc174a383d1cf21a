package reader

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// learn takes what a reply says about the quotas.
func (t *scan) learn(s *accountScan, reply graph.Reply, left, now time.Time) {
	lane, app := s.quota.Block.Until, t.app.Block.Until
	*s.quota, t.app = dispatch.Learn(*s.quota, t.app, reply.Usage.Accounts[string(s.account)], reply.Err, quota.Read, left, now)
	closed := s.quota.Block.Until.After(lane)
	switch graph.ClassOf(reply.Err) {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		if closed && reply.Err.Class == graph.MaybeThrottled {
			s.maybe++
		}
		if closed {
			t.parked(s.account, s.quota.Block.Until, dispatch.WhyWait(reply.Err, s.quota.Block.Until, now))
		}
	case graph.ThrottledApp, graph.Transient, graph.Unreachable, graph.Foreign:
	default:
		s.maybe = 0
		if !lane.IsZero() && s.quota.Block.Until.IsZero() {
			t.opt.Observe(jobs.Event{Kind: jobs.EventResumed, Account: s.account})
		}
	}
	t.appAnswered(reply, app, now)
	t.observe(reply, now)
	t.sharePace(s)
	if reply.Notice != "" {
		t.warn(reply.Notice)
	}
}

// sharePace passes on what one account learned about the limit of requests a second that
// all have.
func (t *scan) sharePace(s *accountScan) {
	p := s.quota.Pace()
	if p == t.pace {
		return
	}
	t.pace = p
	for _, other := range t.quotas {
		*other = other.Adopt(p)
	}
}

// observe takes what the headers say, also about other accounts.
func (t *scan) observe(reply graph.Reply, now time.Time) {
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

// parked reports a wait that the API imposed.
func (t *scan) parked(a plan.Account, until time.Time, why string) {
	t.opt.Observe(jobs.Event{Kind: jobs.EventParked, Account: a, Until: until, Text: why})
	if t.opt.StopOnThrottle && t.stop == nil {
		t.stop = &jobs.ThrottledError{Account: a, Until: until}
	}
}

// appAnswered reports whether an answer closed or opened the gate of all accounts, which
// had been closed until before.
func (t *scan) appAnswered(reply graph.Reply, before, now time.Time) {
	switch {
	case reply.Err != nil && t.app.Block.Until.After(before):
		t.parked("", t.app.Block.Until, dispatch.WhyWait(reply.Err, t.app.Block.Until, now))
	case !before.IsZero() && t.app.Block.Until.IsZero():
		t.opt.Observe(jobs.Event{Kind: jobs.EventResumed})
	}
}

// reportQuotaWait reports a wait of one account, or of all, that no throttle asked for.
func (t *scan) reportQuotaWait(s *accountScan, at, now time.Time) {
	if at.Equal(quota.Never) || s.quota.Block.Closed(now) || t.app.Block.Closed(now) {
		return
	}
	if own := s.quota.Next(now, quota.Read, t.opt.Rules); own.Before(at) {
		t.reportWait(&t.wait, at, now, "the calls of the app's hour are used up")
		return
	}
	t.reportWait(&s.wait, at, now, s.quota.Why(now, quota.Read, t.opt.Rules))
}

// reportWait reports a wait, unless it was reported before.
func (t *scan) reportWait(w *ownWait, until, now time.Time, why string) {
	if until.Sub(now) < dispatch.LeastReported || until.Sub(w.until).Abs() < time.Second {
		return
	}
	w.until, w.why = until, why
	t.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: w.account, Until: until, Text: why})
}

// ownWait is a wait that the API did not impose, as it was last reported.
type ownWait struct {
	account plan.Account // "" for all
	until   time.Time
	why     string
}

func (t *scan) warn(text string) { t.opt.Observe(jobs.Event{Kind: jobs.EventWarning, Text: text}) }
