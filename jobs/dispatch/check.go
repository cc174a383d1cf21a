package dispatch

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// check is a read that finds out whether it is justified that a lane holds back what it has to
// send. Only the quota headers of its answer matter.
type check struct{}

// Answered implements [Item].
func (check) Answered(*Request, graph.Reply, time.Time) {}

// Unsent implements [Item].
func (check) Unsent(error, time.Time) {}

// checkAt is when a check may be sent on the lane; quota.Never if there is nothing to check.
func (l *Lane) checkAt(now time.Time) time.Time {
	at := quota.Later(l.Quota.Check(now, l.d.opt.Rules), l.notBefore)
	if app := l.gate.app.Next(now); app.After(at) {
		return app
	}
	return at
}

// check makes the request a check of its lane: the cheapest read whose answer has the account's
// quota headers.
func (d *Dispatcher) check(r *Request, now time.Time) {
	l := r.Lane
	l.Quota = l.Quota.Spend(now, quota.Read, d.opt.Rules)
	l.gate.app = l.gate.app.Spend(now)
	r.Calls = append(r.Calls, graph.Read(string(l.Account), graph.Query{Fields: []string{"hash"}, Limit: 1}))
	r.items = append(r.items, check{})
}
