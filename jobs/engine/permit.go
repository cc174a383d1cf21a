package engine

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/jobs/evidence"
	"adferry/jobs/quota"
	"adferry/plan"
)

// A delete leaves with sightings of its copies that are seconds old. So the last
// thing that happens before deletes are sent is one bulk read of each account that
// has copies of theirs, for as many deletes as can go at once: a group. A lane that
// its quota slows down saves up for a group, because a read for each delete would
// cost it a quarter of what it may send.

// group are deletes of a lane that are being sighted together.
type group struct {
	formed time.Time
	left   int // those that are not permitted yet, nor out of it
}

// busy reports whether the group is still worth waiting for.
func (g *group) busy(now time.Time) bool {
	return g != nil && g.left > 0 && now.Sub(g.formed) < permitAge
}

// permits are a lane's deletes on the last stretch before they are sent.
type permits struct {
	waiting   []*task   // they lack nothing but sightings of their copies
	since     time.Time // when the first of them came
	saving    bool      // they wait for the quota
	again     time.Time // no copy of theirs can be read before; zero: not known
	group     *group    // those being sighted
	permitted []*task   // they go before everything else
	awaited   int       // deletes that were called a success and are to be read back
	most      int       // how many a group may have, as their last ones showed; 0: a bulk read
	coming    int       // deletes in memory that are not there yet
}

// awaitPermit queues a delete for a group.
func (e *Engine) awaitPermit(t *task, now time.Time) {
	p := &t.home.permits
	e.ungroup(t)
	t.confirmed = false
	if len(p.waiting) == 0 {
		p.since = now
	}
	if t.first {
		p.waiting = append([]*task{t}, p.waiting...)
	} else {
		p.waiting = append(p.waiting, t)
	}
	t.first, p.again = false, time.Time{}
	t.arrive()
	e.readyChanged = true
}

// permit queues a delete that may leave.
func (e *Engine) permit(t *task) {
	e.ungroup(t)
	t.first = false
	t.home.permits.permitted = append(t.home.permits.permitted, t)
	e.readyChanged = true
}

// ungroup takes the task out of its group.
func (e *Engine) ungroup(t *task) {
	if t.group != nil {
		t.group.left--
		t.group = nil
	}
}

// arrive notes that the task is on the last stretch, or will not come there.
func (t *task) arrive() {
	if t.coming {
		t.coming = false
		t.home.permits.coming--
	}
}

// regroup lets deletes that wait be sighted, as many as can go at once, or says when
// that could be.
func (e *Engine) regroup(l *lane, now time.Time) (wake time.Time) {
	p := &l.permits
	switch {
	case len(p.waiting) == 0 || len(p.permitted) > 0:
		return quota.Never
	case p.group.busy(now):
		return p.group.formed.Add(permitAge)
	case p.again.After(now):
		return p.again
	}
	most := l.together(e.opt.Rules)
	if !l.quota.Block.Until.IsZero() || !e.app.Block.Until.IsZero() {
		most = 1 // a probe
	}
	n := min(most, len(p.waiting))
	if until := p.since.Add(l.patience(most)); n < most && until.After(now) && e.expects(l) && !p.probing() {
		return until
	}
	cost := quota.Write.Times(n)
	if n > 1 { // the smallest limits hold no more than one write
		cost = cost.Plus(quota.Read)
	}
	at := e.allowed(l, cost, now)
	if p.saving = at.After(now); p.saving {
		e.blocked = true
		if l.upcoming() == nil { // else what other writes wait for is told
			e.heldBack(l, cost, at, now)
		}
		return at
	}
	tasks, at := e.readable(l, n, now)
	if len(tasks) == 0 {
		if at.Before(quota.Never) { // else an answer that is on its way decides
			p.again = at
		}
		e.blocked, e.blockedReads.stale = true, true
		return at
	}
	p.since = now
	p.group = &group{now, len(tasks)}
	for _, t := range tasks {
		t.group = p.group
		e.advance(t)
	}
	return now
}

// probing reports whether a delete waits that is to show whether the lane's are
// carried out at all: the others wait for it.
func (p *permits) probing() bool {
	return slices.ContainsFunc(p.waiting, func(t *task) bool { return t.probing })
}

// together is how many deletes the lane can send at once.
func (l *lane) together(r quota.Rules) int {
	most := min(graph.MostHashes, l.quota.Most(quota.Write, permitAge, r))
	if l.permits.most > 0 {
		most = min(most, l.permits.most)
	}
	return max(1, most)
}

// patience is how long deletes wait for more to go with: as long as the lane needs
// to earn what the group costs, which it would have to wait for in any case.
func (l *lane) patience(n int) time.Duration {
	return max(lingerCopies, l.quota.Earns(quota.Write.Times(n)))
}

// expects reports whether more deletes may come to the lane: some are on their way,
// or copies out of it are, or may be among what was not claimed yet.
func (e *Engine) expects(l *lane) bool {
	return l.permits.coming > 0 || e.copying[l.account] > 0 || e.hasMore
}

// readable takes up to n waiting deletes whose copies can be read now, or says when
// some can.
func (e *Engine) readable(l *lane, n int, now time.Time) (tasks []*task, wake time.Time) {
	wake = quota.Never
	open := map[plan.Account]time.Time{}
	var left []*task
	for _, t := range l.permits.waiting {
		from := now
		for _, p := range t.places {
			at, ok := open[p.account]
			if !ok {
				at = e.readableAt(p.account, now)
				open[p.account] = at
			}
			if at.After(from) {
				from = at
			}
		}
		if len(tasks) == n || from.After(now) {
			left = append(left, t)
			if from.After(now) {
				wake = dispatch.Sooner(wake, from)
			}
			continue
		}
		tasks = append(tasks, t)
	}
	l.permits.waiting = left
	return tasks, wake
}

// readableAt is when an account can be read: at once, if it was given up, for then
// the answer is known.
func (e *Engine) readableAt(a plan.Account, now time.Time) time.Time {
	l := e.lane(a)
	if l.refused != nil {
		return now
	}
	return e.allowed(l, quota.Read, now)
}

// mostStale is how often a delete's sightings may grow too old, with nothing but slow
// answers to blame, before it is given up: reading for ever would bring nothing.
const mostStale = 20

// tooSlow reports whether sightings that are wanted anew grow old faster than they
// come.
func (t *task) tooSlow(wants []query) bool {
	if t.group == nil {
		return false
	}
	for _, w := range wants {
		if w.slot >= slotCopies && t.known[w.slot].Known != evidence.NotKnown {
			t.staleCount++
			break
		}
	}
	return t.staleCount > mostStale
}

// expire sends permitted deletes back whose sightings are too old to leave at a
// moment. Groups are made smaller where that was not for the quota's sake.
func (e *Engine) expire(l *lane, at time.Time, smaller bool) {
	p := &l.permits
	if !slices.ContainsFunc(p.permitted, func(t *task) bool { return !t.permittedUntil().After(at) }) {
		return
	}
	// What the quota or a park held back is nobody's slowness, and fails no row.
	smaller = smaller && !e.allowed(l, quota.Write, time.Now()).After(time.Now())
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
	if expired && smaller {
		p.most = max(1, l.together(e.opt.Rules)/2)
	}
}

// hurry sends what was permitted before anything else, whoever's turn it is: with
// few workers, sightings would grow old behind other lanes' requests.
func (e *Engine) hurry(ctx context.Context, now time.Time) {
	for _, l := range e.order {
		for e.inflight < e.opt.Workers && len(l.permits.permitted) > 0 && e.stop == nil && !e.contact.Trial && e.trust.Refused[l.account] == 0 {
			r, _ := e.fill(ctx, l, now)
			if r == nil {
				break
			}
			e.start(ctx, r)
		}
	}
}

// spare is how many requests may be in flight before another one is started that can
// wait: one place is kept for deletes that will be permitted in a moment.
func (e *Engine) spare() int {
	if e.confirming > 0 {
		return e.opt.Workers - 1
	}
	return e.opt.Workers
}

// permittedUntil is until when the delete may leave.
func (t *task) permittedUntil() time.Time {
	until := quota.Never
	for i := range t.places {
		until = dispatch.Sooner(until, t.known[slotCopies+i].Sent.Add(permitAge))
	}
	return until
}

// forgetCopies forgets the sightings of the copies.
func (t *task) forgetCopies() {
	clear(t.known[slotCopies:])
	t.confirmed = false
}

// overtaken puts a request back that the disk held for so long that a sighting it
// depends on grew too old. Nothing was sent.
func (e *Engine) overtaken(r *request) {
	now := time.Now()
	e.returned(r)
	for i, call := range r.calls {
		cost := costOf(call)
		r.lane.quota, e.app = r.lane.quota.Back(cost), e.app.Back()
		if p := r.items[i].read; p != nil {
			for _, k := range p.lookups {
				e.queueAgain(r.lane, k, now)
			}
			continue
		}
		t := r.items[i].task
		t.staleCount++
		t.forgetCopies()
		e.unsent(t)
	}
	r.lane.quota.Block, e.app.Block = r.lane.quota.Block.Returned(r.left), e.app.Block.Returned(r.left)
}

// sent lets groups grow again that were made smaller.
func (p *permits) sent(calls []graph.Call) {
	for _, c := range calls {
		if c.Action == graph.ActionDelete && p.most > 0 && len(p.permitted) == 0 {
			p.most = min(2*p.most, graph.MostHashes)
			return
		}
	}
}
