package dispatch

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// A restricted app or token gets the same refusals as one that may not use an ad
// account. So a refusal counts against its ad account only once something shows that
// the token is good: an answer to a call that was sent after the refusal came, or, when
// nothing but refusals comes, one to the neutral question. Until then it is held.

// trust is whether the token and the app are known to be good. The zero value has no
// doubt.
type trust struct {
	held       []heldRefusal        // in the order they came in
	Refused    map[plan.Account]int // how many are held of each account; nothing is sent to those
	Due        time.Time            // the neutral question is not asked before
	unanswered int                  // how often it was not answered
	denials    int                  // how often it was refused
}

// heldRefusal is a refusal of which it is not known yet what was refused.
type heldRefusal struct {
	account   plan.Account
	came      time.Time
	ifAccount func() // what to do if it is about its account
}

const (
	// mostDoubted is how many ad accounts have to refuse before the neutral question is
	// asked although answers of other accounts are on their way.
	mostDoubted = 3
	// mostUnanswered is how often the question may stay without an answer while nothing but
	// refusals comes: then it cannot be known whether the token is good.
	mostUnanswered = 5
	// mostAsked is how often the question has to be refused: once may be temporary.
	mostAsked = 2
)

func (t *trust) Doubted() bool { return len(t.held) > 0 }

// Since is when the first of the held refusals came.
func (t *trust) Since() time.Time { return t.held[0].came }

// Doubt holds a refusal of an account's call; own is called if it turns out to be about
// the account.
func (t *trust) Doubt(a plan.Account, now time.Time, own func()) {
	if t.Refused == nil {
		t.Refused = map[plan.Account]int{}
	}
	t.Refused[a]++
	t.held = append(t.held, heldRefusal{a, now, own})
}

// Answered notes an answer that is no refusal to a call that was sent at the given moment:
// refusals that came before it are about their accounts. One that came later may be the
// first of a token that was restricted meanwhile, and stays in doubt.
func (t *trust) Answered(left time.Time) {
	n := 0
	for n < len(t.held) && t.held[n].came.Before(left) {
		n++
	}
	if n == 0 {
		return
	}
	explained := t.held[:n]
	*t = trust{held: slices.Clone(t.held[n:]), Refused: t.Refused}
	for _, r := range explained {
		if t.Refused[r.account]--; t.Refused[r.account] == 0 {
			delete(t.Refused, r.account)
		}
	}
	for _, r := range explained {
		r.ifAccount()
	}
}

// Asks reports whether the neutral question is to be asked now; others says whether
// calls that were sent since are on their way.
func (t *trust) Asks(others bool, now time.Time) bool {
	return t.Doubted() && !now.Before(t.Due) && (!others || len(t.Refused) >= mostDoubted)
}

// Judge takes the answer to the neutral question, sent at the given moment. An error
// ends the run.
func (t *trust) Judge(r graph.Reply, left, now time.Time, o Options) error {
	class := graph.ClassOf(r.Err)
	switch {
	case class == graph.RefusedRun:
		return &jobs.RefusedError{Err: r.Err}
	case !t.Doubted():
	case class.Refused():
		t.Due = now.Add(o.RetryBase)
		if t.denials++; t.denials >= mostAsked {
			return &jobs.RefusedError{Err: r.Err}
		}
	case r.Err == nil:
		t.Answered(left.Add(1)) // it was sent after all that was held then, perhaps in the same moment
	case class.Throttled(): // its gate says when to ask again
	default:
		t.Due = now.Add(o.RetryBase << t.unanswered)
		if t.unanswered++; t.unanswered >= mostUnanswered {
			return &jobs.OfflineError{Err: r.Err}
		}
	}
	return nil
}
