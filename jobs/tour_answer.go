package jobs

import (
	"errors"
	"time"

	"adferry/graph"
)

// answered takes the answer to a read that left then.
func (t *tour) answered(s *stopover, e *errand, reply graph.Reply, left, now time.Time) {
	t.learn(s, reply, left, now)
	if reply.Err == nil || reply.Err.Class != graph.Unreachable {
		t.offline = offline{}
	}
	if reply.Err != nil {
		t.failed(s, e, reply.Err, now)
	} else {
		t.took(s, e, reply, now)
	}
	if s.refused != nil {
		s.queue = nil
	}
}

func (t *tour) took(s *stopover, e *errand, reply graph.Reply, now time.Time) {
	s.width = s.width.passed()
	switch {
	case reply.Usage.Seen():
		t.headers = headersSent
	case len(reply.Images) > 0:
		t.headers = headersMissing
	}
	pauses := doubts[t.headers]
	left, err := s.supply.take(e, reply, reply.Usage.Seen() || t.hurried || e.asked >= len(pauses))
	for _, more := range left {
		if more.doubted {
			more.due = now.Add(pauses[more.asked])
			more.asked++
			more.doubted = false
		}
		s.queue = append(s.queue, more)
	}
	var account *AccountError
	var unread *unreadError
	if errors.As(err, &unread) {
		t.failed(s, e, unread.err, now)
		return
	}
	if errors.As(err, &account) {
		s.refused = account.Err
	} else if err != nil {
		t.stop = err
	}
}

// failed takes a read that failed: again after a throttle, again later and smaller
// after a transient failure, not again after a refusal.
func (t *tour) failed(s *stopover, e *errand, err *graph.Error, now time.Time) {
	switch {
	case err.Class == graph.RefusedRun:
		t.stop = &RefusedError{err}
	case err.Class == graph.Unreachable:
		if first, over := t.offline.fail(now, t.opt); over {
			t.stop = &OfflineError{err}
		} else if first {
			t.warn(err.Message + "; trying again")
		}
	case err.Class == graph.MaybeThrottled && (t.hurried || s.maybe > mostMaybe):
		s.refused = err
	case err.Class.Throttled():
	case err.Class == graph.Transient:
		t.stumbled(s, e, err, now)
	default:
		s.refused = err
	}
	s.queue = append(s.queue, e)
}

// stumbled plans a read again after a backoff, smaller as long as that is
// possible, and as often as the engine would.
func (t *tour) stumbled(s *stopover, e *errand, err *graph.Error, now time.Time) {
	size := e.query.Limit
	s.width = s.width.failed(size)
	if e.tries++; e.tries >= 2*t.opt.Attempts && (size <= 1 || e.after != "" && e.hashes != nil) {
		s.refused = err
		return
	}
	if e.policy == nil {
		e.policy = t.opt.backoff()
	}
	e.due = now.Add(e.policy.NextBackOff())
}
