package reader

import (
	"errors"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
)

// answered handles the answer to a read that was sent at the given moment.
func (t *scan) answered(s *accountScan, e *pageRequest, reply graph.Reply, left, now time.Time) {
	t.learn(s, reply, left, now)
	t.noteContact(reply, left, now, false)
	if reply.Err != nil {
		t.readFailed(s, e, reply.Err, now)
	} else {
		t.readAnswered(s, e, reply, now)
		t.trust.Answered(left)
	}
	if s.refused != nil {
		s.queue = nil
	}
}

func (t *scan) readAnswered(s *accountScan, e *pageRequest, reply graph.Reply, now time.Time) {
	s.width, s.denials, e.alone = s.width.Passed(), 0, false
	switch {
	case reply.Usage.Any():
		t.headers = t.headers.With(dispatch.HeadersSent)
	case len(reply.Images) > 0:
		t.headers = t.headers.With(dispatch.HeadersMissing)
	}
	pauses := dispatch.EmptyAnswerPauses[t.headers]
	asked := e.asked >= len(pauses)
	if asked && t.headers == dispatch.HeadersSent && !reply.Usage.Any() && !t.hurried && reply.Empty { // the engine would defer it
		s.refused = &graph.Error{Class: graph.Transient, HTTP: reply.Status, Message: "it keeps answering with empty lists, as a throttled account may"}
		return
	}
	left, err := s.backlog.take(e, reply, reply.Usage.Any() || t.hurried || asked)
	for _, more := range left {
		if more.doubted {
			more.due = now.Add(pauses[more.asked])
			more.asked++
			more.doubted = false
			t.reportWait(&s.wait, more.due, now, "it answers with empty lists, as a throttled account may, and is asked again")
		}
		s.queue = append(s.queue, more)
	}
	var account *AccountError
	var unread *unreadError
	if errors.As(err, &unread) {
		t.readFailed(s, e, unread.err, now)
		return
	}
	if errors.As(err, &account) {
		s.refused = account.Err
	} else if err != nil {
		t.stop = err
	}
}

// readFailed handles a read that failed: it is repeated after a throttle, later and
// smaller after a transient failure, and not after a refusal.
func (t *scan) readFailed(s *accountScan, e *pageRequest, err *graph.Error, now time.Time) {
	switch {
	case err.Class == graph.RefusedRun:
		t.stop = &jobs.RefusedError{Err: err}
	case err.Class == graph.Unreachable:
	case err.Class == graph.MaybeThrottled && (t.hurried || s.maybe > dispatch.MostMaybeThrottles):
		s.refused = err
	case err.Class.Throttled():
	case err.Class.Refused():
		s.held++
		t.trust.Doubt(s.account, now, func() {
			s.held--
			t.readRefused(s, e, err)
		})
		return // it is queued again then
	default:
		t.tryLater(s, e, err, now)
	}
	s.queue = append(s.queue, e)
}

// readRefused handles a read that was refused although token and app are good. A read of
// one image shows whether the size was refused; after a few other refusals in a row the
// ad account counts as refused.
func (t *scan) readRefused(s *accountScan, e *pageRequest, err *graph.Error) {
	size := e.query.Limit
	switch {
	case s.refused != nil:
		return
	case err.Class == graph.RefusedItem && size > 1:
		s.width, e.alone = s.width.Refused(size), true
	case err.Class == graph.RefusedItem:
		s.refused = err
		return
	default:
		if s.denials++; s.denials >= dispatch.MostDenials {
			s.refused, s.queue = err, nil
			return
		}
		e.due = time.Now().Add(t.opt.RetryBase << (s.denials - 1))
	}
	s.queue = append(s.queue, e)
}

// tryLater queues a read again after a backoff, smaller while that is possible, as often
// as the engine would.
func (t *scan) tryLater(s *accountScan, e *pageRequest, err *graph.Error, now time.Time) {
	size := e.query.Limit
	counts := t.contact.Counts(err, e.missed)
	e.missed = now
	if err.Class == graph.Foreign {
		if e.foreign++; e.foreign >= dispatch.MostContacts {
			t.stop = &jobs.OfflineError{Err: err}
		}
	} else {
		s.width = s.width.Failed(size)
	}
	if counts {
		e.tries++
	}
	if e.tries >= 2*t.opt.Attempts && (size <= 1 || e.after != "" && e.hashes != nil) {
		s.refused = err
		return
	}
	if e.policy == nil {
		e.policy = t.opt.Backoff()
	}
	e.due = now.Add(e.policy.NextBackOff())
}
