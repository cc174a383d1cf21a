package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// writeAnswered handles the answer to a task's write.
func (e *Engine) writeAnswered(t *task, reply graph.Reply, now time.Time) {
	err := reply.Err
	if err != nil && err.Lost { // whatever else it says
		if err.Class == graph.RefusedRun {
			e.d.EndToken(t.home.Lane, err)
		}
		e.lost(t, err, now)
		return
	}
	switch graph.ClassOf(err) {
	case graph.ClassUnknown:
		e.succeeded(t, reply, now)
	case graph.ThrottledAccount, graph.ThrottledApp, graph.MaybeThrottled:
		e.unsent(t)
	case graph.Unreachable:
		e.unsent(t)
	case graph.RefusedRun:
		e.unsent(t)
		e.d.EndToken(t.home.Lane, err)
	default:
		e.withhold(t)
		e.d.Doubt(t.home.Lane, now, func() { e.refusedWrite(t, err) })
	}
}

// withhold puts back a write that was refused until it is known whether its ad account,
// its image, the token or the app is refused. As with unsent, this is on disk before
// the next try.
func (e *Engine) withhold(t *task) {
	t.Outcome.State, t.Outcome.Reason = jobs.Pending, ""
	t.lost = false
	e.commit.add(jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: t.Outcome}}}, nil)
}

// refusedWrite handles a refused write once the token and the app are known to be good.
func (e *Engine) refusedWrite(t *task, err *graph.Error) {
	switch {
	case t.dropped || t.home.recalled: // its next worker tries it again
	case e.uploadInstead(t, err):
	case err.Class == graph.RefusedAccount:
		e.refuse(t, err)
		e.settle(t, t.failed(err, 1))
	default:
		t.Outcome.Attempts++
		t.last = err
		e.openRoute(t)
		switch {
		case t.uploads(): // no image in the source explains it
			e.settle(t, t.failed(err, 0))
			return
		case t.Kind == plan.KindCopy: // somebody may have deleted the image since it was read
			t.known[slotSource], t.doubted = evidence.Observation{}, true
		default:
			t.forget()
		}
		t.refused = true
		e.advanceDurably(t)
	}
}

// advanceDurably advances a task once all that was noted of it is on disk.
func (e *Engine) advanceDurably(t *task) {
	e.commit.add(jobs.Change{}, func() { e.advance(t) })
}

func (e *Engine) succeeded(t *task, reply graph.Reply, now time.Time) {
	t.Outcome.Attempts++
	t.Outcome.Tried = true
	t.last, t.lost, t.uncounted = nil, false, false
	e.approve(t)
	if t.Kind == plan.KindDelete {
		t.deleted, t.sourceReads = true, 0
		t.known[slotSource] = evidence.Observation{Known: evidence.Seen, Sent: now}
		e.advance(t)
		return
	}
	t.Outcome.TargetHash = plan.Hash(reply.Stored[0].Hash)
	if t.renamed() {
		t.stored = true
		t.known[slotTarget] = evidence.Observation{}
		// The hash is known from this answer alone: a crash must not lose it.
		e.commit.add(jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: t.Outcome}}}, func() { e.advance(t) })
		return
	}
	o := t.Outcome
	o.State, o.Created = jobs.Done, true // absence was read under this hash
	e.settle(t, success(o).outcome)
}

// unsent puts back a write that certainly had no effect. On a slow disk this record
// must not be written after the intent of the next try.
func (e *Engine) unsent(t *task) {
	t.Outcome.State, t.Outcome.Reason = jobs.Pending, ""
	t.lost, t.sendFirst = false, true
	e.commit.add(jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: t.Outcome}}}, func() { e.advance(t) })
}

// lost notes that the effect of a write is unknown; after a backoff it is read. As with
// unsent, this is on disk before the next try.
func (e *Engine) lost(t *task, err *graph.Error, now time.Time) {
	counts := t.retries.Failed(e.d, err, now)
	if counts {
		t.Outcome.Attempts++
	}
	t.Outcome.Tried = true
	t.Outcome.LastSent = now
	t.lost, t.uncounted, t.last = true, !counts, err
	o := t.Outcome
	if counts { // a message in the outcome of a sent write says that it was counted
		blame(&o, err)
	}
	if t.retries.Intercepted() {
		e.foreign = err
		e.commit.add(jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: o}}}, nil)
		e.deferTask(t)
		return
	}
	again := now.Add(t.retries.Pause(e.d))
	e.commit.add(jobs.Change{Records: []jobs.Record{{ID: t.ID, Needed: t.Needed, Outcome: o}}}, func() {
		e.d.After(again, func() { t.forget(); e.advance(t) })
	})
	e.release(t)
}

// failed is the outcome of a write that the API refused.
func (t *task) failed(err *graph.Error, attempts int) jobs.Outcome {
	t.last = err
	t.Outcome.Attempts += attempts
	return t.fail(reasonOf(err), err.Detail()).outcome
}

// forgetUnseen drops what has to be read again after a pause: the copies that were not
// shown, the target, or the source.
func (t *task) forgetUnseen(after step) {
	switch {
	case after.target:
		t.known[slotTarget] = evidence.Observation{}
		return
	case !after.copies:
		t.known[slotSource] = evidence.Observation{}
		return
	}
	for i := slotCopies; i < len(t.known); i++ {
		if t.known[i].Known == evidence.Absent {
			t.known[i] = evidence.Observation{}
		}
	}
}
