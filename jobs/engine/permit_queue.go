package engine

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// permits are a lane's deletes that lack nothing but a permit, or have it. A permit is
// a recent confirmation of each copy, on disk.
type permits struct {
	waiting   []*task   // for a group
	since     time.Time // when the first of them began to wait
	saving    bool      // they wait until the quota allows a group
	again     time.Time // none of their copies can be read before; zero: not known
	group     *group    // those whose copies are being read
	permitted []*task   // those with a permit; they are sent before anything else
	awaited   int       // deletes that the API called a success and that are about to be read back
	most      int       // how many a group may have, after one took too long; 0: a bulk read's worth
	coming    int       // deletes in memory that will still come to wait
}

// awaitPermit queues a delete for a group.
func (e *Engine) awaitPermit(t *task, now time.Time) {
	p := &t.home.permits
	e.ungroup(t)
	t.confirmed = false
	if len(p.waiting) == 0 {
		p.since = now
	}
	if t.sendFirst {
		p.waiting = append([]*task{t}, p.waiting...)
	} else {
		p.waiting = append(p.waiting, t)
	}
	t.sendFirst, p.again = false, time.Time{}
	t.noLongerComing()
	t.home.Wake()
	t.home.wantMore()
}

// permit queues a delete that has its permit.
func (e *Engine) permit(t *task) {
	e.ungroup(t)
	t.sendFirst = false
	t.home.permits.permitted = append(t.home.permits.permitted, t)
	t.home.Wake()
}

// onTrial reports whether a waiting delete is a trial of the lane's route: the others wait
// for its result.
func (p *permits) onTrial() bool {
	return slices.ContainsFunc(p.waiting, func(t *task) bool { return t.onTrial })
}

// expire takes the permit from deletes whose confirmations would be too old at the
// given moment. If asked to, it makes the next groups smaller, unless it was the quota
// that held these back.
func (e *Engine) expire(l *lane, at time.Time, smaller bool) {
	p := &l.permits
	if !slices.ContainsFunc(p.permitted, func(t *task) bool { return !t.permittedUntil().After(at) }) {
		return
	}
	// What the quota or a park held back was not too slow, and fails no row.
	smaller = smaller && !l.Allowed(quota.Write, time.Now()).After(time.Now())
	all := p.permitted
	p.permitted = nil
	expired := false
	for _, t := range all {
		if t.permittedUntil().After(at) {
			p.permitted = append(p.permitted, t)
			continue
		}
		expired = true
		if smaller {
			t.staleCount++
		}
		t.forgetCopies()
		e.advance(t)
	}
	if expired { // its turn was prepared as if they were to be sent
		l.Wake()
	}
	if expired && smaller {
		p.most = max(1, l.groupSize(e.d.Rules())/2)
	}
}

// permittedUntil is until when the delete may leave.
func (t *task) permittedUntil() time.Time {
	until := quota.Never
	for i := range t.places {
		until = quota.Earlier(until, t.known[slotCopies+i].Sent.Add(permitAge))
	}
	return until
}

// forgetCopies drops what was read of the copies.
func (t *task) forgetCopies() {
	clear(t.known[slotCopies:])
	t.confirmed = false
}

// sent notes that deletes were sent. Groups grow again that were made smaller.
func (p *permits) sent() {
	if p.most > 0 && len(p.permitted) == 0 {
		p.most = min(2*p.most, graph.MaxHashes)
	}
}
