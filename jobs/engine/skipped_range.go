package engine

import (
	"math"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// A lane whose next copies all come from an ad account that cannot be read for a
// while would wait with it. It leaves that account's copies out, goes on with those
// behind them, and comes back.

// skippedRange is what a lane left out: its copies from one source, in a range of its
// operations. While there is one, nothing of that source is claimed beyond it, so no
// operation is claimed twice.
type skippedRange struct {
	source plan.Account
	after  plan.OpID
	upTo   plan.OpID
}

// toTheEnd is behind every operation.
const toTheEnd plan.OpID = math.MaxInt64

const (
	// longWait is how long an account has to be unreadable for others not to wait
	// with it.
	longWait = 10 * time.Second
	// enoughStuck copies from such an account are kept ready: a bulk read's worth.
	enoughStuck = graph.MostHashes
	// countStuck is how often the tasks that wait for such accounts are counted.
	countStuck = time.Second
)

// blockedReads is who waits for reads of ad accounts that cannot be read for a while, as it
// was counted last.
type blockedReads struct {
	counted time.Time
	stale   bool // something changed since
	until   map[plan.Account]time.Time
	tasks   map[*lane]map[plan.Account]int
}

// blocked reports whether the account cannot be read for a while.
func (j *blockedReads) blocked(a plan.Account, now time.Time) bool { return j.until[a].After(now) }

// stuck is how many of the lane's tasks wait for such accounts: a window of them
// for each at most, for what is stuck beyond that has to wait in any case.
func (j *blockedReads) stuck(l *lane, now time.Time) (n int) {
	for a, tasks := range j.tasks[l] {
		if j.blocked(a, now) {
			n += min(tasks, max(l.window, enoughStuck))
		}
	}
	return min(n, l.held)
}

// noteBlocked notes that a read of the lane's account has to wait.
func (e *Engine) noteBlocked(l *lane, now time.Time) {
	if !e.blockedReads.blocked(l.account, now) && e.closedUntil(l, now).After(now) {
		e.blockedReads.stale = true
	}
}

// closedUntil is until when the lane's own quota keeps it from being read, if that is a
// while, or zero. The app's keeps all of them, so nobody would be let past.
func (e *Engine) closedUntil(l *lane, now time.Time) (until time.Time) {
	at := l.quota.Next(now, quota.Read, e.opt.Rules)
	if at.Sub(now) < longWait || !at.Before(quota.Never) {
		return time.Time{}
	}
	return at
}

// recount is when to count again: never, if nothing changed since.
func (e *Engine) recount(now time.Time) time.Time {
	if !e.blockedReads.stale {
		return quota.Never
	}
	if at := e.blockedReads.counted.Add(countStuck); at.After(now) {
		return at
	}
	return now
}

// count counts anew, if something changed and it is time.
func (e *Engine) count(now time.Time) {
	if e.recount(now).After(now) {
		return
	}
	e.blockedReads = blockedReads{counted: now, until: map[plan.Account]time.Time{}, tasks: map[*lane]map[plan.Account]int{}}
	for _, l := range e.order {
		until := e.closedUntil(l, now)
		if l.lookups.empty() || l.refused != nil || until.IsZero() {
			continue
		}
		e.blockedReads.until[l.account] = until
		for _, k := range l.lookups.order {
			for _, w := range k.waiters {
				home := w.task.home
				switch {
				case home == l:
					continue // it waits for itself
				case e.blockedReads.tasks[home] == nil:
					e.blockedReads.tasks[home] = map[plan.Account]int{}
				}
				e.blockedReads.tasks[home][l.account]++
			}
		}
	}
}

// readableAgain is the first gap whose source can be read again.
func (e *Engine) readableAgain(l *lane, now time.Time) *skippedRange {
	for i := range l.skipped {
		if g := &l.skipped[i]; !e.blockedReads.blocked(g.source, now) {
			return g
		}
	}
	return nil
}

// unreadableSources are the sources to leave out of what the lane claims next: those of its
// gaps, and those that enough of its tasks wait for.
func (e *Engine) unreadableSources(l *lane, now time.Time) (sources []plan.Account) {
	for _, g := range l.skipped {
		sources = append(sources, g.source)
	}
	for a, n := range e.blockedReads.tasks[l] {
		if n >= enoughStuck && e.blockedReads.blocked(a, now) && !slices.Contains(sources, a) {
			sources = append(sources, a)
		}
	}
	return sources
}

// skip notes that the sources were left out from the lane's cursor up to here.
func (l *lane) skip(sources []plan.Account, upTo plan.OpID) {
	for _, s := range sources {
		i := slices.IndexFunc(l.skipped, func(g skippedRange) bool { return g.source == s })
		if i < 0 {
			l.skipped = append(l.skipped, skippedRange{source: s, after: l.cursor})
			i = len(l.skipped) - 1
		}
		l.skipped[i].upTo = upTo
	}
}
