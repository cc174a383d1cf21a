package engine

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// claimMore starts to fill the windows of hungry lanes from the checkpoint.
func (e *Engine) claimMore(now time.Time) {
	e.skipping = slices.DeleteFunc(e.skipping, func(l *lane) bool { return len(l.skipped) == 0 })
	for _, l := range e.skipping {
		if e.readableAgain(l, now) != nil {
			l.wantMore()
		}
	}
	hungry := e.hungry
	e.hungry = nil
	for _, l := range hungry {
		l.hungry = false
		e.claim(l, now)
	}
}

// claim starts to bring operations into memory: first those that no longer wait for others,
// then those of skipped ranges, then the next ones.
func (e *Engine) claim(l *lane, now time.Time) {
	again := e.readableAgain(l, now)
	if l.rests || l.loading || !l.hasMore() || l.drained && len(l.released) == 0 && again == nil {
		return
	}
	n := l.room(e.window, e.stuckTasks(l, now))
	switch {
	case n == 0: // asked again when a task leaves
	case len(l.released) > 0:
		ids := l.released[:min(n, len(l.released))]
		l.released = slices.Clone(l.released[len(ids):])
		e.loads.add(l, func(ctx context.Context) ([]jobs.Operation, error) { return e.store.Load(ctx, ids) }, nil)
	case again != nil:
		source := again.source
		c := jobs.Claim{Lane: l.Account, After: again.after, UpTo: again.upTo, Source: source, Most: n}
		e.loads.add(l, e.claimed(c), func(operations []jobs.Operation) {
			i := slices.IndexFunc(l.skipped, func(g skippedRange) bool { return g.source == source })
			if len(operations) == n {
				l.skipped[i].after = operations[n-1].ID
			} else {
				l.skipped = slices.Delete(l.skipped, i, i+1)
			}
		})
	default:
		except := e.unreadableSources(l, now)
		c := jobs.Claim{Lane: l.Account, After: l.cursor, UpTo: toTheEnd, Except: except, Most: n}
		e.loads.add(l, e.claimed(c), func(operations []jobs.Operation) {
			upTo := toTheEnd
			if l.drained = len(operations) < n; !l.drained {
				upTo = operations[n-1].ID
			}
			e.skip(l, except, upTo)
			l.cursor = upTo
		})
	}
}

// claimed reads from the checkpoint what is claimed.
func (e *Engine) claimed(c jobs.Claim) func(context.Context) ([]jobs.Operation, error) {
	return func(ctx context.Context) ([]jobs.Operation, error) { return e.store.Claim(ctx, c) }
}

// stuckTasks is how many tasks the lane may hold beyond its window: those that wait for
// ad accounts that cannot be read, unless memory is full of them.
func (e *Engine) stuckTasks(l *lane, now time.Time) int {
	if e.held > 2*mostInMemory {
		return 0
	}
	return e.blockedReads.stuck(l, now)
}

func (e *Engine) admit(l *lane, operations []jobs.Operation, now time.Time) {
	for _, o := range operations {
		switch {
		case o.Outcome.State.Settled(): // it was told as released only after that
			delete(l.freed, o.ID)
		case e.opt.Only == nil || e.opt.Only(o):
			e.begin(newTask(o, l), now)
		}
	}
}

// begin takes a task into memory.
func (e *Engine) begin(t *task, now time.Time) {
	t.readOnly, t.needsBackup = e.opt.ReadOnly, e.opt.Backup != nil && t.Kind == plan.KindDelete
	t.mayBeKept = e.opt.Kept != nil && t.Kind == plan.KindCopy && !t.readOnly
	e.held++
	t.home.held++
	switch {
	case t.Kind == plan.KindCopy:
		e.copying[t.Source]++
	case len(t.places) > 0:
		t.coming = true
		t.home.permits.coming++
	}
	switch landed := e.landed(t, now); {
	case !t.home.takeTurn(t):
	case landed.After(now):
		e.d.After(landed, func() { e.advance(t) })
	default:
		e.advance(t)
	}
}

// landed is when a write that an earlier process sent is read back: as with one whose answer
// is lost while this process runs, what has just left may not have taken effect yet.
func (e *Engine) landed(t *task, now time.Time) time.Time {
	switch left := quota.Earlier(t.Outcome.LastSent, now); {
	case !t.lost:
		return now
	case e.opt.Sharing == nil:
		return left.Add(e.opt.RetryBase)
	case t.stored || now.Sub(left) > mostUnderWay+jobs.ClockSkew: // its answer is known, or it is long ago by anybody's clock
		return now
	default: // the worker that sent it may be alive, and its request on the way; nothing has left since the lane was taken
		return quota.Later(left.Add(mostUnderWay), t.home.taken.Add(graph.DefaultTimeout))
	}
}

// mostUnderWay is how long after its intent was written the request of another worker may be under
// way at most.
const mostUnderWay = jobs.LatestDeparture + graph.DefaultTimeout

// noMoreDeletes notes that a task will bring no more deletes to a group.
func (e *Engine) noMoreDeletes(t *task) {
	t.noLongerComing()
	if t.Kind == plan.KindDelete {
		if l := t.home; e.opt.Sharing != nil {
			if l.deletes--; l.deletes == len(l.permits.waiting) {
				l.wakeGroup()
			}
		}
	}
	if t.Kind == plan.KindCopy {
		if e.copying[t.Source]--; e.copying[t.Source] == 0 {
			delete(e.copying, t.Source)
			if l := e.lanes[t.Source]; l != nil {
				l.wakeGroup()
			}
		}
	}
}
