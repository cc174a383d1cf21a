package reader

import (
	"errors"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
)

// pageRead is a read on its way.
type pageRead struct {
	a *accountScan
	r *pageRequest
}

// Unsent implements [dispatch.Item]; a reader sends all it takes.
func (p *pageRead) Unsent(error, time.Time) { p.a.again(p.r) }

// Answered implements [dispatch.Item].
func (p *pageRead) Answered(sent *dispatch.Request, reply graph.Reply, now time.Time) {
	a := p.a
	a.out--
	if reply.Err != nil {
		a.failed(p.r, reply.Err, sent.Left, now)
	} else {
		a.answered(p.r, reply, sent.Left, now)
	}
	if a.refused != nil {
		a.giveUp(a.refused)
	}
}

// answered handles the answer to a read that was sent at the given moment.
func (a *accountScan) answered(r *pageRequest, reply graph.Reply, left, now time.Time) {
	a.lane.Reads.Granted()
	r.alone = false
	a.d.NoteRead(reply)
	sure := reply.Usage.Any() || a.hurried
	pause, again := a.d.AskAgain(r.asked)
	if !sure && !again && a.d.HeadersSent() && reply.Empty { // it may be throttled for hours
		a.refused = &graph.Error{Class: graph.Transient, HTTP: reply.Status, Message: "it keeps answering with empty lists, as a throttled account may"}
		return
	}
	rest, err := a.backlog.take(r, reply, sure || !again)
	for _, more := range rest {
		if more.unsure {
			more.unsure = false
			a.doubt(more, pause, now)
		}
		a.again(more)
	}
	var account *AccountError
	var unread *unreadError
	switch {
	case errors.As(err, &unread):
		a.failed(r, unread.err, left, now)
	case errors.As(err, &account):
		a.refused, a.endless = account.Err, account.Endless
	case err != nil:
		a.d.Halt(err)
	}
}

// failed handles a read that failed: it is repeated after a throttle, later and smaller after
// a transient failure, and not after a refusal.
func (a *accountScan) failed(r *pageRequest, err *graph.Error, left, now time.Time) {
	switch {
	case a.refused != nil:
		return
	case err.Class == graph.RefusedRun:
		a.d.EndToken(a.lane, err)
		return
	case err.Class == graph.Unreachable, err.Class.Throttled():
	case err.Class.Refused():
		a.held++
		a.d.Doubt(a.lane, now, func() {
			a.held--
			a.denied(r, err, left)
		})
		return // it is queued again then
	default:
		if a.tryLater(r, err, now); a.refused != nil {
			return
		}
	}
	a.again(r)
}

// denied handles a read that was refused although token and app are good. A read of
// one image shows whether the size was refused; after a few other refusals in a row the
// ad account counts as refused.
func (a *accountScan) denied(r *pageRequest, err *graph.Error, left time.Time) {
	size, now := r.query.Limit, time.Now()
	switch {
	case a.refused != nil:
		return
	case err.Class == graph.RefusedItem && size > 1:
		a.lane.Reads.TooLarge(size)
		r.alone = true
	case err.Class == graph.RefusedItem, a.lane.Reads.Refused(err, true, left, now, a.opt.RetryBase):
		a.giveUp(err)
		return
	}
	a.again(r)
}

// tryLater has a read tried again after a backoff, smaller while that is possible, as often
// as the engine would.
func (a *accountScan) tryLater(r *pageRequest, err *graph.Error, now time.Time) {
	size := r.query.Limit
	r.retries.Failed(a.d, err, now)
	if r.retries.Intercepted() {
		a.d.Halt(&jobs.OfflineError{Err: err})
	}
	if err.Class != graph.Foreign {
		a.lane.Reads.Failed(size)
	}
	if r.retries.Tries >= 2*a.opt.Attempts && (size <= 1 || r.after != "" && r.hashes != nil) {
		a.giveUp(err)
		return
	}
	r.due = now.Add(r.retries.Pause(a.d))
}
