package engine

import (
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
	"context"
	"slices"
	"time"
)

// claimMore fills the lanes' windows from the checkpoint, and says when more could be
// claimed.
func (e *Engine) claimMore(ctx context.Context, now time.Time) (wake time.Time) {
	e.countStuck(now)
	wake = quota.Never
	e.hasMore = false
	for _, l := range e.order {
		for e.claimable(l, now) {
			n := l.room(e.window, e.stuckTasks(l, now))
			if n == 0 {
				break
			}
			if err := e.claim(ctx, l, n, now); err != nil {
				if ctx.Err() == nil {
					e.halt(&jobs.CheckpointError{Err: err})
				}
				return quota.Never
			}
		}
		for _, g := range l.skipped {
			if until := e.blockedReads.until[g.source]; until.After(now) {
				wake = dispatch.Sooner(wake, until)
			}
		}
		e.hasMore = e.hasMore || l.hasMore()
	}
	return wake
}

// claimable reports whether the checkpoint has more for the lane now.
func (e *Engine) claimable(l *lane, now time.Time) bool {
	return !l.drained || len(l.released) > 0 || e.readableAgain(l, now) != nil
}

// stuckTasks is how many tasks the lane may hold beyond its window: those that wait for
// ad accounts that cannot be read, unless memory is full of them.
func (e *Engine) stuckTasks(l *lane, now time.Time) int {
	if e.held > 2*mostInMemory {
		return 0
	}
	return e.blockedReads.stuck(l, now)
}

// claim brings up to n operations into memory: first those that no longer wait for
// others, then those of skipped ranges, then the next ones.
func (e *Engine) claim(ctx context.Context, l *lane, n int, now time.Time) error {
	if len(l.released) > 0 {
		ids := l.released[:min(n, len(l.released))]
		operations, err := e.store.Load(ctx, ids)
		if err != nil {
			return err
		}
		l.released = l.released[len(ids):]
		e.admit(l, operations)
		return nil
	}
	if g := e.readableAgain(l, now); g != nil {
		operations, err := e.store.Claim(ctx, jobs.Claim{Lane: l.account, After: g.after, UpTo: g.upTo, Source: g.source, Most: n})
		if err != nil {
			return err
		}
		if len(operations) == n {
			g.after = operations[n-1].ID
		} else {
			source := g.source
			l.skipped = slices.DeleteFunc(l.skipped, func(g skippedRange) bool { return g.source == source })
		}
		e.admit(l, operations)
		return nil
	}
	except := e.unreadableSources(l, now)
	operations, err := e.store.Claim(ctx, jobs.Claim{Lane: l.account, After: l.cursor, UpTo: toTheEnd, Except: except, Most: n})
	if err != nil {
		return err
	}
	upTo := toTheEnd
	if l.drained = len(operations) < n; !l.drained {
		upTo = operations[n-1].ID
	}
	l.skip(except, upTo)
	l.cursor = upTo
	e.admit(l, operations)
	return nil
}

func (e *Engine) admit(l *lane, operations []jobs.Operation) {
	for _, o := range operations {
		if e.opt.Only == nil || e.opt.Only(o) {
			e.begin(newTask(o, l))
		}
	}
}

// begin takes a task into memory.
func (e *Engine) begin(t *task) {
	t.readOnly, t.needsBackup = e.opt.ReadOnly, e.opt.Backup != nil && t.Kind == plan.KindDelete
	e.held++
	t.home.held++
	switch {
	case t.Kind == plan.KindCopy:
		e.copying[t.Source]++
	case len(t.places) > 0:
		t.coming = true
		t.home.permits.coming++
	}
	if t.home.takeTurn(t) {
		e.advance(t)
	}
}

// noMoreDeletes notes that a task will bring no more deletes to a group.
func (e *Engine) noMoreDeletes(t *task) {
	t.noLongerComing()
	if t.Kind == plan.KindCopy {
		if e.copying[t.Source]--; e.copying[t.Source] == 0 {
			delete(e.copying, t.Source)
		}
	}
}
