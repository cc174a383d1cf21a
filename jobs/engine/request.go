package engine

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/jobs/quota"
	"adferry/plan"
)

// request is one HTTP request: a few calls on one lane.
type request struct {
	lane  *lane
	calls []graph.Call
	items []item
	left  time.Time // when it passed the quotas
	alone bool      // it carries a file, and nothing else fits
}

// item is what a call of a request is for: a read or a task's write, whose
// intent goes to disk before it.
type item struct {
	read   *bulkRead
	task   *task
	intent jobs.Record
}

// write is the call that carries the task out. The file of an upload row is added
// by the worker.
func (t *task) write() graph.Call {
	switch {
	case t.uploads():
		return graph.Upload(string(t.Target), t.file)
	case t.Kind == plan.KindCopy:
		hash, _ := t.sourceHash()
		return graph.Copy(string(t.Target), string(t.Source), string(hash))
	}
	hash, _ := t.sourceHash()
	call := graph.Delete(string(t.Source), string(hash))
	if len(t.places) > 0 {
		call.ConnectBy = t.permittedUntil()
	}
	return call
}

// start hands the request to the pool.
func (e *Engine) start(ctx context.Context, r *request) {
	e.inflight++
	r.lane.inflight++
	e.requests = append(e.requests, r)
	if e.contact.Trial = e.contact.Err != nil; !e.contact.Trial {
		e.idle = time.Time{}
	}
	now := time.Now()
	for i := range r.items {
		if t := r.items[i].task; t != nil {
			o := t.Outcome
			o.State, o.Reason, o.TargetHash = jobs.Sent, "", ""
			if t.asUpload {
				o.Reason = jobs.Uploaded
			}
			o.Code, o.Subcode, o.Message, o.TraceID = 0, 0, "", "" // a message on a sent one means: counted
			if o.Started.IsZero() {
				o.Started = now
			}
			o.LastSent = now
			t.Outcome = o
			r.items[i].intent = jobs.Record{ID: t.ID, Needed: t.Needed, Outcome: o}
		}
	}
	until := r.until()
	e.pool.Go(func() error { return e.work(ctx, r, until) })
}

// work is one pool slot: intents to disk, one round trip, back to the dispatcher.
func (e *Engine) work(ctx context.Context, r *request, until time.Time) error {
	if err := e.attach(r); err != nil {
		e.inbox <- func() { e.unattached(r, err) }
		return nil
	}
	if doubted := e.withdraw(r); len(doubted) > 0 {
		e.inbox <- func() { e.withdrawn(ctx, r, doubted) }
		if len(r.items) == 0 {
			return nil
		}
	}
	if intents := r.intents(); len(intents) > 0 {
		if _, err := e.store.Commit(ctx, jobs.Change{Records: intents}); err != nil {
			failed := &jobs.CheckpointError{Err: err}
			e.inbox <- func() {
				e.returned(r)
				e.halt(failed)
			}
			return failed
		}
	}
	crashPoint("intent_written")
	if !until.IsZero() && time.Now().After(until) {
		e.inbox <- func() { e.putBackExpired(r) }
		return nil
	}
	crashPoint("sent")
	replies := e.api.Do(ctx, r.calls)
	evidence.Match(r.calls, replies)
	crashPoint("answered")
	for _, c := range r.calls {
		if c.Action == graph.ActionDelete {
			crashPoint("delete_sent")
		}
	}
	aborted := ctx.Err() != nil
	e.inbox <- func() {
		e.returned(r)
		e.tally.sent(replies)
		r.lane.permits.sent(r.calls)
		e.answered(r, replies, aborted)
	}
	return nil
}

// returned notes that a request is no longer on its way.
func (e *Engine) returned(r *request) {
	e.contact.Trial = false // also of a request that never left
	e.inflight--
	r.lane.inflight--
	for _, i := range r.items {
		if i.read != nil {
			r.lane.reading--
		}
	}
	e.requests = slices.DeleteFunc(e.requests, func(other *request) bool { return other == r })
}

// attach opens the file that an upload row names.
func (e *Engine) attach(r *request) (err error) {
	if t := r.items[0].task; t != nil && t.Kind == plan.KindUpload {
		r.calls[0].File, err = e.opt.File(t.Op)
	}
	return err
}

// unattached settles an upload whose file could not be read: nothing was sent.
func (e *Engine) unattached(r *request, err error) {
	e.returned(r)
	r.lane.quota, e.app = r.lane.quota.Answered(quota.Write), e.app.Answered()
	r.lane.quota.Block, e.app.Block = r.lane.quota.Block.Returned(r.left), e.app.Block.Returned(r.left)
	t := r.items[0].task
	e.settle(t, t.fail(jobs.FileUnreadable, err.Error()).outcome)
}

func (r *request) intents() (all []jobs.Record) {
	for _, i := range r.items {
		if i.task != nil {
			all = append(all, i.intent)
		}
	}
	return all
}

// until is when the request has to have left: zero for any time.
func (r *request) until() (until time.Time) {
	for _, c := range r.calls {
		if !c.ConnectBy.IsZero() && (until.IsZero() || c.ConnectBy.Before(until)) {
			until = c.ConnectBy
		}
	}
	return until
}
