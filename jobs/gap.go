package jobs

import (
	"math"
	"slices"
	"time"

	"adferry/jobs/quota"
	"adferry/plan"
)

// A lane whose next copies all come from an ad account that cannot be read for a
// while would wait with it. It leaves that account's copies out, goes on with those
// behind them, and comes back.

// gap is what a lane left out: its copies from one source, in a range of its
// operations. While there is one, nothing of that source is claimed beyond it, so no
// operation is claimed twice.
type gap struct {
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
	enoughStuck = bulk
	// countStuck is how often the tasks that wait for such accounts are counted.
	countStuck = time.Second
)

// jam is who waits for reads of ad accounts that cannot be read for a while, as it
// was counted last.
type jam struct {
	counted time.Time
	stale   bool // something changed since
	until   map[plan.Account]time.Time
	tasks   map[*lane]map[plan.Account]int
}

// shut reports whether the account cannot be read for a while.
func (j *jam) shut(a plan.Account, now time.Time) bool { return j.until[a].After(now) }

// stuck is how many of the lane's tasks wait for such accounts.
func (j *jam) stuck(l *lane, now time.Time) (n int) {
	for a, tasks := range j.tasks[l] {
		if j.shut(a, now) {
			n += tasks
		}
	}
	return min(n, l.held)
}

// late notes that a read of the lane's account has to wait.
func (j *jam) late(l *lane, at, now time.Time) {
	if at.Sub(now) >= longWait && at.Before(quota.Never) && !j.shut(l.account, now) {
		j.stale = true
	}
}

// count counts anew, if something changed and it is time; else it says when that is.
func (e *Engine) count(now time.Time) (wake time.Time) {
	switch next := e.jam.counted.Add(countStuck); {
	case !e.jam.stale:
		return quota.Never
	case now.Before(next):
		return next
	}
	e.jam = jam{counted: now, until: map[plan.Account]time.Time{}, tasks: map[*lane]map[plan.Account]int{}}
	for _, l := range e.order {
		at := l.quota.Next(now, quota.Read, e.opt.Rules)
		if l.looks.empty() || l.refused != nil || at.Sub(now) < longWait || !at.Before(quota.Never) {
			continue
		}
		e.jam.until[l.account] = at
		for _, k := range l.looks.order {
			for _, w := range k.waiters {
				home := w.task.home
				switch {
				case home == l:
					continue // it waits for itself
				case e.jam.tasks[home] == nil:
					e.jam.tasks[home] = map[plan.Account]int{}
				}
				e.jam.tasks[home][l.account]++
			}
		}
	}
	return quota.Never
}

// open is the first gap whose source can be read again.
func (e *Engine) open(l *lane, now time.Time) *gap {
	for i := range l.gaps {
		if g := &l.gaps[i]; !e.jam.shut(g.source, now) {
			return g
		}
	}
	return nil
}

// except are the sources to leave out of what the lane claims next: those of its
// gaps, and those that enough of its tasks wait for.
func (e *Engine) except(l *lane, now time.Time) (sources []plan.Account) {
	for _, g := range l.gaps {
		sources = append(sources, g.source)
	}
	for a, n := range e.jam.tasks[l] {
		if n >= enoughStuck && e.jam.shut(a, now) && !slices.Contains(sources, a) {
			sources = append(sources, a)
		}
	}
	return sources
}

// skip notes that the sources were left out from the lane's cursor up to here.
func (l *lane) skip(sources []plan.Account, upTo plan.OpID) {
	for _, s := range sources {
		i := slices.IndexFunc(l.gaps, func(g gap) bool { return g.source == s })
		if i < 0 {
			l.gaps = append(l.gaps, gap{source: s, after: l.cursor})
			i = len(l.gaps) - 1
		}
		l.gaps[i].upTo = upTo
	}
}
