package engine

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// explainRefusals asks whose the refusals are that nothing explains yet, if nothing else is
// going to tell, or says when it will.
func (e *Engine) explainRefusals(ctx context.Context, now time.Time) time.Time {
	if !e.trust.Doubted() {
		return quota.Never
	}
	since := e.trust.Since()
	if e.trust.Asks(slices.ContainsFunc(e.requests, func(r *request) bool { return r.left.After(since) }), now) {
		return e.askNeutralIfAllowed(ctx, now)
	}
	if e.trust.Due.After(now) {
		return e.trust.Due
	}
	return quota.Never // an answer tells
}

// askNeutralIfAllowed puts the neutral question if a worker and the app's quota allow it, or says
// when.
func (e *Engine) askNeutralIfAllowed(ctx context.Context, now time.Time) time.Time {
	at := e.app.Next(now)
	switch {
	case e.inflight >= e.opt.Workers:
		return quota.Never
	case at.After(now):
		e.blocked = true
		return at
	}
	e.askNeutral(ctx, now)
	return quota.Never
}

// askNeutral puts the neutral question, alone: what answers it tells whether the API is
// there, and whether it takes the token.
func (e *Engine) askNeutral(ctx context.Context, now time.Time) {
	e.asking = true
	e.inflight++
	e.app = e.app.Spend(now)
	e.pool.Go(func() error {
		reply := e.api.Do(ctx, []graph.Call{graph.WhoAmI()})[0]
		aborted := ctx.Err() != nil
		e.inbox <- func() {
			e.asking = false
			e.inflight--
			e.neutralAnswered(reply, now, time.Now(), aborted)
		}
		return nil
	})
}

// neutralAnswered takes the answer to the neutral question, which left then.
func (e *Engine) neutralAnswered(reply graph.Reply, left, now time.Time, aborted bool) {
	e.tally.sent([]graph.Reply{reply})
	e.app = e.app.Answered()
	defer func() { e.app.Block = e.app.Block.Returned(left) }()
	if aborted && reply.Err != nil {
		return
	}
	reply = dispatch.AsAppThrottle(reply)
	was := e.app.Block.Until
	_, e.app = dispatch.Learn(quota.Lane{}, e.app, graph.AccountUsage{}, reply.Err, quota.Read, left, now)
	e.appAnswered(reply, was, now)
	e.noteContact([]graph.Reply{reply}, left, now, true)
	if err := e.trust.Judge(reply, left, now, e.opt.Dispatch()); err != nil {
		e.halt(err)
	}
}
