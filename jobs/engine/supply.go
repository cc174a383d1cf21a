package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// claimMore fills the lanes' windows from the checkpoint, and says when there could be
// more.
func (e *Engine) claimMore(ctx context.Context, now time.Time) (wake time.Time) {
	e.count(now)
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

// stuckTasks is how many of the lane's tasks may be held beside its window: those that
// wait for others, as long as memory is not full of such.
func (e *Engine) stuckTasks(l *lane, now time.Time) int {
	if e.held > 2*mostInMemory {
		return 0
	}
	return e.blockedReads.stuck(l, now)
}

// claim brings up to n operations into memory: those that were released first, then
// what was left out before.
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
	t.rehearsal, t.needsBackup = e.opt.ReadOnly, e.opt.Backup != nil && t.Kind == plan.KindDelete
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

// noMoreDeletes notes that a task brings no more deletes to where they wait for company.
func (e *Engine) noMoreDeletes(t *task) {
	t.arrive()
	if t.Kind == plan.KindCopy {
		if e.copying[t.Source]--; e.copying[t.Source] == 0 {
			delete(e.copying, t.Source)
		}
	}
}

// advance does what the task needs next.
func (e *Engine) advance(t *task) {
	// A task that was settled while another of its looks was out is over: what
	// that look brings must not move it again.
	if t.waiting > 0 || t.Outcome.State.Settled() {
		return
	}
	if refused := e.refusal(t); refused != nil {
		e.deny(t, refused)
		return
	}
	now := time.Now()
	t.detour = t.detour || t.Kind == plan.KindCopy && e.route(t).detour
	switch s := t.next(now, e.opt.Attempts); s.kind {
	case stepSettle:
		e.amend(s.unseenCopies, now)
		e.settle(t, s.outcome)
	case stepRead:
		if t.tooSlow(s.queries) {
			e.settle(t, t.nextPermit(now).outcome)
			return
		}
		t.waiting = len(s.queries)
		for _, w := range s.queries {
			e.query(w, t, now)
		}
	case stepConfirm:
		t.confirmed = true
		e.confirming++
		e.commit.add(jobs.Change{Confirmed: t.confirmations()}, func() { e.confirming--; e.advance(t) })
	case stepDoubt:
		t.doubted = true
		e.after(now.Add(doubtPause), func() { t.forgetUnseen(step{}); e.advance(t) })
	case stepWait:
		if s.copies || s.target {
			t.copyMisses++
		} else {
			t.sourceReads++
		}
		soon := 0 // those that are read back for the first time wait for each other
		if t.deleted && t.sourceReads == 1 {
			soon = 1
		}
		t.home.permits.awaited += soon
		e.after(now.Add(s.wait), func() {
			t.home.permits.awaited -= soon
			t.forgetUnseen(s)
			e.advance(t)
		})
	case stepPermit, stepSend:
		if e.opt.ReadOnly {
			o := t.Outcome
			o.State = jobs.Done
			e.settle(t, o)
			return
		}
		if account := e.failingTarget(t); account != "" {
			e.settle(t, t.fail(jobs.DependencyFailed, fmt.Sprintf("%s, where its copy is, is failing: nothing is deleted meanwhile", account.Act())).outcome)
			return
		}
		if account := e.suspectCopy(t); account != "" {
			e.settle(t, t.fail(jobs.CopyUnseen, "what was uploaded to "+account.Act()+" in its place came for another image, too: it may be a placeholder").outcome)
			return
		}
		if s.kind == stepSend && !e.acquire(t) {
			e.ungroup(t)
			return
		}
		switch {
		case t.fetches():
			t.home.unfetched = append(t.home.unfetched, t)
		case s.kind == stepPermit:
			e.awaitPermit(t, now)
		case len(t.places) > 0:
			e.permit(t)
		case t.first:
			t.home.ready = append([]*task{t}, t.home.ready...)
		default:
			t.home.ready = append(t.home.ready, t)
		}
		t.first = false
		e.readyChanged = true
	}
}

// query queues a read; an account that is given up answers at once.
func (e *Engine) query(w query, t *task, now time.Time) {
	l := e.lane(w.account)
	if l.refused != nil {
		t.waiting--
		e.unreadable(waiter{t, w.slot}, l.refused)
		return
	}
	l.lookups.add(w, t, now)
	e.readyChanged = true
	e.blockedReads.stale = e.blockedReads.stale || e.blockedReads.blocked(l.account, now)
}

// amend makes durable what was found of operations that were settled before.
func (e *Engine) amend(missed []jobs.Operation, now time.Time) {
	var records []jobs.Record
	for _, o := range missed {
		o.Outcome.Finished = now
		records = append(records, jobs.Record{ID: o.ID, Needed: false, Outcome: o.Outcome}) // who waited for it has gone on long since
	}
	if len(records) > 0 {
		e.commit.add(jobs.Change{Records: records}, nil)
	}
}

// settle makes a final outcome durable; the task's place is free when it is.
func (e *Engine) settle(t *task, o jobs.Outcome) {
	o.Finished = time.Now()
	t.Outcome = o
	e.ungroup(t)
	e.commit.add(jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: o}}}, func() {
		t.removePicture()
		e.held--
		if !t.deferred {
			t.home.held--
			e.noMoreDeletes(t)
		}
		e.tally.settled(o)
		t.home.note(o)
		e.release(t)
		e.opt.Observe(jobs.Event{Kind: jobs.EventSettled, Op: t.Op, Outcome: o})
		if next := t.home.endTurn(t); next != nil {
			e.advance(next)
		}
		if tooMany(e.opt.MaxFailures, e.tally.failures, e.tally.done, e.tally.done+min(e.held, leastSettled), e.operations) {
			e.halt(&jobs.FailuresError{Failed: e.tally.failures, Settled: e.tally.done})
		}
	})
}
