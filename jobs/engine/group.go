package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// A delete needs confirmations of its copies that are seconds old. So the last step
// before deletes are sent is one bulk read of each ad account that holds their copies,
// for as many deletes as can be sent at once: a group. A lane that its quota slows down
// saves up for a group, because a read for each delete would cost it a quarter of what
// it may send.

// group is the deletes of a lane whose copies are read together.
type group struct {
	formed        time.Time
	withoutPermit int // deletes in it that have no permit yet
}

// busy reports whether the group may still bring permits.
func (g *group) busy(now time.Time) bool {
	return g != nil && g.withoutPermit > 0 && now.Sub(g.formed) < permitAge
}

// ungroup takes the task out of its group.
func (e *Engine) ungroup(t *task) {
	if t.group != nil {
		t.group.withoutPermit--
		t.group = nil
		t.home.Wake()
	}
}

// noLongerComing notes that the delete waits for its group, or never will.
func (t *task) noLongerComing() {
	if t.coming {
		t.coming = false
		t.home.permits.coming--
		t.home.wakeGroup()
	}
}

// wakeGroup gives the lane its turn if it has deletes that wait for others.
func (l *lane) wakeGroup() {
	if len(l.permits.waiting) > 0 {
		l.Wake()
	}
}

// wakeGroups does so for all lanes.
func (e *Engine) wakeGroups() {
	for _, l := range e.order {
		l.wakeGroup()
	}
}

// regroup makes a group of the deletes that wait, as many as can be sent at once, or
// says when it could.
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
	most := l.groupSize(e.d.Rules())
	if until := p.since.Add(l.groupWait(most)); len(p.waiting) < most && until.After(now) && e.moreDeletesMayCome(l) && !p.onTrial() {
		return until
	}
	n := min(most, len(p.waiting))
	if l.Probing() {
		n = 1
	}
	cost := quota.Write.Times(n)
	if n > 1 { // the smallest limits hold no more than one write
		cost = cost.Plus(quota.Read)
	}
	// Calls of the app that come one by one would let each confirmation grow too old before
	// the deletion can follow, again and again.
	at := quota.Later(l.Own(cost, now), l.AppAllows(n+confirmingReads(p.waiting[:n]), now))
	at = quota.Later(at, l.ShareAllows(quota.Write.Times(n).Plus(quota.Read), now))
	if p.saving = at.After(now); p.saving {
		l.HoldBack(at)
		if l.upcoming() == nil { // else what other writes wait for is told
			l.ReportHeld(cost, at, now)
			l.writesHeld(at, now)
		}
		return at
	}
	tasks, at := e.readable(l, n, now)
	if len(tasks) == 0 {
		if at.Before(quota.Never) { // else an answer that is on its way decides
			p.again = at
		}
		l.HoldBack(at)
		e.blockedReads.changed = true
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

// groupSize is how many deletes the lane's quota lets it send at once.
func (l *lane) groupSize(r quota.Rules) int {
	most := min(graph.MaxHashes, l.Quota.MaxCalls(quota.Write, permitAge, r))
	if l.permits.most > 0 {
		most = min(most, l.permits.most)
	}
	return max(1, most)
}

// groupWait is how long deletes wait for others to form a group of n: as long as the
// quota takes to regain what the group costs, because that wait is due in any case.
func (l *lane) groupWait(n int) time.Duration {
	return max(lingerCopies, l.Quota.RefillTime(quota.Write.Times(n)))
}

// moreDeletesMayCome reports whether more deletes may come to the lane: from tasks in memory, or
// from operations that were not claimed yet.
func (e *Engine) moreDeletesMayCome(l *lane) bool {
	if e.opt.Sharing != nil { // other workers have what they wait for
		return l.deletes > len(l.permits.waiting)
	}
	return l.permits.coming > 0 || e.copying[l.Account] > 0 || e.unclaimed > 0
}

// confirmingReads is how many reads confirm the copies of these deletes, and their sources.
func confirmingReads(tasks []*task) int {
	accounts := map[plan.Account]bool{}
	for _, t := range tasks {
		for _, p := range t.places {
			accounts[p.account] = true
		}
	}
	return 1 + len(accounts)
}

// readable takes up to n waiting deletes whose copies can be read now, or says when
// some could be.
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
				wake = quota.Earlier(wake, from)
			}
			continue
		}
		tasks = append(tasks, t)
	}
	l.permits.waiting = left
	return tasks, wake
}

// readableAt is when an ad account can be read: at once if it was given up, because
// then the answer is known.
func (e *Engine) readableAt(a plan.Account, now time.Time) time.Time {
	l := e.lane(a)
	if l.GivenUp != nil {
		return now
	}
	return l.Allowed(quota.Read, now)
}
