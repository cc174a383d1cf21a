package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// worker is what runs in the slots of the pool. It sees nothing of the engine's state: what it
// needs of a task is copied before, and what becomes of it is returned.
type worker struct {
	api      dispatch.API
	store    jobs.Checkpoint
	opt      Options
	pictures *pictureFolder
	hear     func(jobs.News)
}

// errExpired is why a request was not sent that waited for the disk until one of its permits
// expired.
var errExpired = errors.New("a permit expired")

// ErrLate is why nothing more is sent that waited for the checkpoint, or in a process that was
// stopped, until another worker may have the lane, by one of two clocks.
var ErrLate = errors.New("this worker may have lost its lease while a request waited for the checkpoint")

// Send implements [dispatch.Sender]: the file of an upload, the other workers, what pictures turned out
// to be, intents to disk, then one round trip.
func (w *worker) Send(ctx context.Context, r *dispatch.Request) dispatch.Result {
	calls, unsent := w.withFile(ctx, r)
	if len(calls) > 0 && !slices.Contains(unsent, nil) {
		return dispatch.Result{Replies: make([]graph.Reply, len(calls)), Unsent: unsent}
	}
	var held time.Time
	var err error
	asked := time.Now() // the file may be slow, which says nothing of the lease
	if w.opt.Sharing != nil {
		held, err = w.depart(ctx, r.Departure())
	}
	if err != nil {
		res := dispatch.Result{Replies: make([]graph.Reply, len(calls)), Unsent: all(unsent, err)}
		if _, stays := errors.AsType[*dispatch.NotYet](err); !stays {
			res.Stop = err
		}
		return res
	}
	if r.Lane == nil { // the neutral question
		return dispatch.Plain{API: w.api}.Send(ctx, r)
	}
	w.vouchFor(ctx, r.Items(), unsent)
	intents := make([]jobs.Record, 0, len(calls))
	var until time.Time
	for i, item := range r.Items() {
		write, ok := item.(*write)
		if !ok || unsent[i] != nil {
			continue
		}
		intent := write.intent
		if w.opt.Sharing != nil { // it left the dispatcher before, perhaps long before
			intent.Outcome.LastSent = time.Now()
		}
		intents = append(intents, intent)
		if by := calls[i].ConnectBy; !by.IsZero() && (until.IsZero() || by.Before(until)) {
			until = by
		}
	}
	if len(intents) > 0 {
		_, err = w.store.Commit(ctx, jobs.Change{Records: intents})
	}
	if err == nil {
		crashPoint("intent_written")
		switch {
		case w.opt.Sharing == nil:
			held, err = w.opt.Held()
		case len(intents) > 0 && !held.IsZero() && (time.Since(asked) > jobs.LatestDeparture || time.Now().Round(0).After(held)):
			err = ErrLate
		}
	}
	if err != nil { // intents on disk say that they were sent, so they are read first
		failed := &jobs.CheckpointError{Err: err}
		return dispatch.Result{Replies: make([]graph.Reply, len(calls)), Unsent: all(unsent, failed), Stop: failed}
	}
	if !held.IsZero() && len(intents) > 0 {
		calls = slices.Clone(calls)
		for i := range calls {
			if by := calls[i].ConnectBy; by.IsZero() || held.Before(by) {
				calls[i].ConnectBy = held
			}
		}
	}
	if !until.IsZero() && time.Now().After(until) {
		return dispatch.Result{Replies: make([]graph.Reply, len(calls)), Unsent: all(unsent, errExpired)}
	}
	if !slices.ContainsFunc(unsent, func(err error) bool { return err != nil }) {
		return dispatch.Result{Replies: w.do(ctx, calls)}
	}
	return dispatch.Result{Replies: w.doSome(ctx, calls, unsent), Unsent: unsent}
}

// withFile are the calls of a request with the file of an upload, and for each why it is not sent.
func (w *worker) withFile(ctx context.Context, r *dispatch.Request) (calls []graph.Call, unsent []error) {
	calls, unsent = r.Calls, make([]error, len(r.Calls))
	for i, item := range r.Items() {
		if write, ok := item.(*write); ok && write.op.Kind == plan.KindUpload {
			calls = slices.Clone(r.Calls) // it is alone in its request
			calls[i].File, unsent[i] = within(ctx, func(context.Context) (graph.File, error) { return w.opt.File(*write.op) })
		}
	}
	return calls, unsent
}

// all fills in why for the calls that have no reason yet not to be sent.
func all(unsent []error, why error) []error {
	for i, err := range unsent {
		if err == nil {
			unsent[i] = why
		}
	}
	return unsent
}

// do sends the calls, and returns a reply for each.
func (w *worker) do(ctx context.Context, calls []graph.Call) []graph.Reply {
	crashPoint("sent")
	replies := w.api.Do(ctx, calls)
	evidence.Match(calls, replies)
	crashPoint("answered")
	if slices.ContainsFunc(calls, func(c graph.Call) bool { return c.Action == graph.ActionDelete }) {
		crashPoint("delete_sent")
	}
	return replies
}

// doSome sends the calls that are to be sent, and returns a reply for each call.
func (w *worker) doSome(ctx context.Context, calls []graph.Call, unsent []error) []graph.Reply {
	var sent []graph.Call
	for i, c := range calls {
		if unsent[i] == nil {
			sent = append(sent, c)
		}
	}
	replies := make([]graph.Reply, len(calls))
	if len(sent) == 0 {
		return replies
	}
	answers := w.do(ctx, sent)
	for i := range calls {
		if unsent[i] == nil {
			replies[i], answers = answers[0], answers[1:]
		}
	}
	return replies
}
