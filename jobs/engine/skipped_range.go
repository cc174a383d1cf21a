package engine

import (
	"math"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// A lane whose next copies all come from an ad account that cannot be read for a while
// would have to wait with it. It skips that account's copies, goes on with those after
// them, and comes back.

// skippedRange is a range of a lane's operations of which the copies from one source
// were skipped. While it exists nothing from that source is claimed beyond it, so that
// no operation is claimed twice.
type skippedRange struct {
	source plan.Account
	after  plan.OpID
	upTo   plan.OpID
}

// toTheEnd is after every operation.
const toTheEnd plan.OpID = math.MaxInt64

const (
	// longWait is how long an ad account has to be unreadable before its copies are
	// skipped.
	longWait = 10 * time.Second
	// enoughStuck copies from such an account are held in memory: a bulk read's worth.
	enoughStuck = graph.MaxHashes
	// countEvery is how often the tasks that wait for such accounts are counted.
	countEvery = time.Second
)

// blockedReads are the ad accounts that cannot be read for a while, and how many tasks
// of each lane wait for them, as of the last count.
type blockedReads struct {
	counted time.Time
	changed bool // something did since
	until   map[plan.Account]time.Time
	tasks   map[*lane]map[plan.Account]int
}

// blocked reports whether the ad account cannot be read for a while.
func (j *blockedReads) blocked(a plan.Account, now time.Time) bool { return j.until[a].After(now) }

// stuck is how many of the lane's tasks wait for such accounts, a window for each at
// most: what is stuck beyond that has to wait in any case.
func (j *blockedReads) stuck(l *lane, now time.Time) (n int) {
	for a, tasks := range j.tasks[l] {
		if j.blocked(a, now) {
			n += min(tasks, max(l.window, enoughStuck))
		}
	}
	return min(n, l.held)
}

// noteBlocked notes that a read of the lane's ad account has to wait.
func (e *Engine) noteBlocked(l *lane, now time.Time) {
	if !e.blockedReads.blocked(l.Account, now) && e.closedUntil(l, now).After(now) {
		e.blockedReads.changed = true
	}
}

// closedUntil is until when the lane's own quota keeps it from being read, if that is a
// long wait, or zero. The app's quota does not count: it keeps all lanes alike.
func (e *Engine) closedUntil(l *lane, now time.Time) (until time.Time) {
	at := l.Own(quota.Read, now)
	if at.Sub(now) < longWait || !at.Before(quota.Never) {
		return time.Time{}
	}
	return at
}

// nextCount is when to count again: never, if nothing changed since.
func (e *Engine) nextCount(now time.Time) time.Time {
	if !e.blockedReads.changed {
		return quota.Never
	}
	if at := e.blockedReads.counted.Add(countEvery); at.After(now) {
		return at
	}
	return now
}

// countStuck counts anew, if something changed and it is time.
func (e *Engine) countStuck(now time.Time) {
	if e.nextCount(now).After(now) {
		return
	}
	e.blockedReads = blockedReads{counted: now, until: map[plan.Account]time.Time{}, tasks: map[*lane]map[plan.Account]int{}}
	for _, l := range e.order {
		until := e.closedUntil(l, now)
		if l.lookups.empty() || l.GivenUp != nil || until.IsZero() {
			continue
		}
		e.blockedReads.until[l.Account] = until
		for _, k := range l.lookups.order {
			for _, w := range k.waiters {
				home := w.task.home
				switch {
				case home == l:
					continue // it waits for itself
				case e.blockedReads.tasks[home] == nil:
					e.blockedReads.tasks[home] = map[plan.Account]int{}
				}
				e.blockedReads.tasks[home][l.Account]++
			}
		}
	}
	for l := range e.blockedReads.tasks {
		l.wantMore()
	}
}

// readableAgain is the first skipped range whose source can be read again.
func (e *Engine) readableAgain(l *lane, now time.Time) *skippedRange {
	for i := range l.skipped {
		if g := &l.skipped[i]; !e.blockedReads.blocked(g.source, now) {
			return g
		}
	}
	return nil
}

// unreadableSources are the sources to skip when the lane claims next: those of its
// skipped ranges, and those that enough of its tasks wait for.
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

// skip notes that the sources were skipped from the lane's cursor up to the given
// operation.
func (e *Engine) skip(l *lane, sources []plan.Account, upTo plan.OpID) {
	if len(l.skipped) == 0 && len(sources) > 0 {
		e.skipping = append(e.skipping, l)
	}
	for _, s := range sources {
		i := slices.IndexFunc(l.skipped, func(g skippedRange) bool { return g.source == s })
		if i < 0 {
			l.skipped = append(l.skipped, skippedRange{source: s, after: l.cursor})
			i = len(l.skipped) - 1
		}
		l.skipped[i].upTo = upTo
	}
}
