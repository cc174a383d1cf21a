package reader

import (
	"context"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// askNeutralIfAllowed puts the neutral question.
func (t *scan) askNeutralIfAllowed(ctx context.Context, now time.Time) time.Time {
	at := t.app.Next(now)
	switch {
	case t.inflight >= t.opt.Workers:
		return quota.Never
	case at.After(now):
		t.blocked = true
		return at
	}
	t.asking = true
	t.inflight++
	t.app = t.app.Spend(now)
	t.pool.Go(func() error {
		reply := t.api.Do(ctx, []graph.Call{graph.WhoAmI()})[0]
		t.inbox <- func() {
			t.asking = false
			t.inflight--
			t.app = t.app.Answered()
			if t.stop == nil && ctx.Err() == nil {
				t.neutralAnswered(reply, now, time.Now())
			}
			t.app.Block = t.app.Block.Returned(now)
		}
		return nil
	})
	return quota.Never
}

// neutralAnswered takes the answer to the neutral question, which left then.
func (t *scan) neutralAnswered(reply graph.Reply, left, now time.Time) {
	reply = dispatch.AsAppThrottle(reply)
	was := t.app.Block.Until
	_, t.app = dispatch.Learn(quota.Lane{}, t.app, graph.AccountUsage{}, reply.Err, quota.Read, left, now)
	t.appAnswered(reply, was, now)
	t.noteContact(reply, left, now, true)
	if err := t.trust.Judge(reply, left, now, t.opt); err != nil && t.stop == nil {
		t.stop = err
	}
}

// noteContact notes whether the API answered a request.
func (t *scan) noteContact(reply graph.Reply, left, now time.Time, neutral bool) {
	if dispatch.FromAPI(reply) {
		if t.contact.Answered(left, now) {
			t.opt.Observe(jobs.Event{Kind: jobs.EventWaiting})
		}
		return
	}
	if neutral && reply.Err.Class != graph.Unreachable && t.contact.Err != nil {
		t.contact.NeutralAnswered = true
		return
	}
	first := t.contact.Err == nil
	closed, over := t.contact.NotAnswered(reply.Err, left, now, t.opt)
	switch {
	case over:
		t.stop = &jobs.OfflineError{Err: reply.Err}
	case closed && first:
		t.warn(reply.Err.Error() + "; trying again")
	}
	if closed && t.contact.Until.Sub(now) >= dispatch.LeastReported {
		t.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Until: t.contact.Until, Text: reply.Err.Error()})
	}
}
