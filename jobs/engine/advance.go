package engine

import (
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// advance does what the task needs next.
func (e *Engine) advance(t *task) {
	// A task that was settled while another of its lookups was on its way is done:
	// that answer must not move it again.
	if t.waiting > 0 || t.Outcome.State.Settled() || t.dropped || t.home.recalled {
		return
	}
	if refused := e.refusal(t); refused != nil {
		e.deny(t, refused)
		return
	}
	now := time.Now()
	t.asUpload = t.asUpload || t.Kind == plan.KindCopy && e.route(t).copyRefused
	s := t.next(now, e.opt.Attempts)
	if e.needsEndedToken(t, s) {
		e.deferTask(t)
		return
	}
	switch s.kind {
	case stepSettle:
		e.failUnseenCopies(s.unseenCopies, now)
		e.settle(t, s.outcome)
	case stepRead:
		if t.tooSlow(s.queries, now) {
			e.settle(t, t.nextPermit(now).outcome)
			return
		}
		t.waiting = len(s.queries)
		for _, w := range s.queries {
			e.query(w, t, now)
		}
	case stepConfirm:
		t.confirmed = true
		e.confirm(1)
		e.commit.add(jobs.Change{Confirmed: t.confirmations()}, func() { e.confirm(-1); e.advance(t) })
	case stepDoubt:
		t.doubted = true
		e.d.After(now.Add(evidence.DoubtPause), func() { t.forgetUnseen(step{}); e.advance(t) })
	case stepWait:
		if s.copies || s.target {
			t.copyMisses++
		} else {
			t.sourceReads++
		}
		soon := 0 // deletes that are read back for the first time wait for each other
		if t.deleted && t.sourceReads == 1 {
			soon = 1
		}
		t.home.permits.awaited += soon
		waited := s // not s itself, which would be allocated for every step
		e.d.After(now.Add(s.wait), func() {
			if t.dropped {
				return
			}
			t.home.permits.awaited -= soon
			t.forgetUnseen(waited)
			e.advance(t)
		})
	case stepPermit, stepSend:
		if e.opt.ReadOnly {
			o := t.Outcome
			o.State = jobs.Done
			e.settle(t, o)
			return
		}
		if account, refused := e.failingTarget(t); account != "" {
			message := fmt.Sprintf("not deleted: writes to %s, which holds its copy, are failing", account.Act())
			if refused != nil {
				t.last, message = refused, fmt.Sprintf("not deleted: calls to %s, which holds its copy, are refused: %s", account.Act(), refused.Detail())
			}
			e.settle(t, t.fail(jobs.DependencyFailed, message).outcome)
			return
		}
		if s.kind == stepSend && !e.acquire(t) {
			e.ungroup(t)
			return
		}
		if s.kept {
			t.asUpload, t.fromKept = true, true
		}
		switch {
		case t.needsPicture():
			t.home.needPicture = append(t.home.needPicture, t)
		case s.kind == stepPermit:
			e.awaitPermit(t, now)
		case len(t.places) > 0:
			e.permit(t)
		case t.sendFirst:
			t.home.ready = append([]*task{t}, t.home.ready...)
		default:
			t.home.ready = append(t.home.ready, t)
		}
		t.sendFirst = false
		t.home.Wake()
	}
}

// query queues a lookup; an ad account that was given up answers at once.
func (e *Engine) query(w query, t *task, now time.Time) {
	l := e.lane(w.account)
	if l.GivenUp != nil {
		t.waiting--
		e.unreadable(waiter{t, w.slot}, l.GivenUp)
		return
	}
	l.lookups.add(w, t, now)
	l.Wake()
	e.blockedReads.changed = e.blockedReads.changed || e.blockedReads.blocked(l.Account, now)
}

// failUnseenCopies makes durable what was learned about operations that had been settled.
func (e *Engine) failUnseenCopies(missed []jobs.Operation, now time.Time) {
	var records []jobs.Record
	for _, o := range missed {
		o.Outcome.Finished = now
		records = append(records, jobs.Record{ID: o.ID, Needed: false, Outcome: o.Outcome}) // what waited for it went on long ago
	}
	if len(records) > 0 {
		e.commit.add(jobs.Change{Records: records}, nil)
	}
}

// settle makes a final outcome durable, and then frees the task's place.
func (e *Engine) settle(t *task, o jobs.Outcome) {
	o.Finished = time.Now()
	t.Outcome = o
	e.ungroup(t)
	e.commit.addRemoving(t.picture.path, jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: o}}}, func() {
		o := t.Outcome // final
		e.held--
		delete(t.home.freed, t.ID)
		if !t.deferred {
			t.home.held--
			e.noMoreDeletes(t)
			t.home.wantMore()
		}
		e.tally.settled(o)
		e.countWriteResult(t.home, o)
		e.release(t)
		e.d.Report(jobs.Event{Kind: jobs.EventSettled, Op: t.Op, Outcome: o})
		if next := t.home.endTurn(t); next != nil {
			e.advance(next)
		}
		if tooMany(e.opt.MaxFailures, e.tally.failures, e.tally.done, e.tally.done+min(e.held, leastSettled), e.operations) {
			e.d.Halt(&jobs.FailuresError{Failed: e.tally.failures, Settled: e.tally.done})
		}
	})
}
