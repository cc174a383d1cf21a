package dispatch

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// An app or a token that was restricted gets the same refusals as one that may not
// use an ad account. So no refusal is believed to be an ad account's before something
// else shows that the token is good: an answer to a call that left after the refusal
// came, or, when nothing but refusals come, one to the neutral question. What was
// refused meanwhile is held.

// Trust is the doubt whether the token and the app are good. The zero trust has
// none.
type Trust struct {
	held    []heldRefusal        // in the order they came in
	Refused map[plan.Account]int // how many are held of each account, which is left alone
	Due     time.Time            // the neutral question is not asked before
	vain    int                  // how often it was asked in vain
	denials int                  // how often it was refused
}

// heldRefusal is a refusal that nothing explains yet.
type heldRefusal struct {
	account plan.Account
	came    time.Time
	own     func() // what it means if it is its account's own
}

const (
	// mostDoubted is how many ad accounts have to refuse before the question is asked
	// although others could still tell.
	mostDoubted = 3
	// mostVain is how often the question may remain without an answer, while nothing
	// but refusals comes: whether the token is good cannot be known now.
	mostVain = 5
	// mostAsked is how often it has to be refused: once may be a mishap.
	mostAsked = 2
)

func (t *Trust) Doubted() bool { return len(t.held) > 0 }

// Since is when the first of the refusals came that are held.
func (t *Trust) Since() time.Time { return t.held[0].came }

// Doubt notes a refusal of an account's call, and what it means if it is its own.
func (t *Trust) Doubt(a plan.Account, now time.Time, own func()) {
	if t.Refused == nil {
		t.Refused = map[plan.Account]int{}
	}
	t.Refused[a]++
	t.held = append(t.held, heldRefusal{a, now, own})
}

// Hear takes an answer that is no refusal, to a call that left then: what had been
// refused before it left is its account's own. A refusal that came after may be the
// first of all: that one stays in doubt.
func (t *Trust) Hear(left time.Time) {
	n := 0
	for n < len(t.held) && t.held[n].came.Before(left) {
		n++
	}
	if n == 0 {
		return
	}
	explained := t.held[:n]
	*t = Trust{held: slices.Clone(t.held[n:]), Refused: t.Refused}
	for _, r := range explained {
		if t.Refused[r.account]--; t.Refused[r.account] == 0 {
			delete(t.Refused, r.account)
		}
	}
	for _, r := range explained {
		r.own()
	}
}

// Asks reports whether the neutral question is to be asked now: others is whether
// calls that left since are on their way.
func (t *Trust) Asks(others bool, now time.Time) bool {
	return t.Doubted() && !now.Before(t.Due) && (!others || len(t.Refused) >= mostDoubted)
}

// Judge takes the answer to the neutral question, which left then. The error ends the
// run.
func (t *Trust) Judge(r graph.Reply, left, now time.Time, o Options) error {
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
		t.Hear(left.Add(1)) // it left after all that was held then, at the earliest in the same moment
	case class.Throttled(): // its gate says when to ask again
	default:
		t.Due = now.Add(o.RetryBase << t.vain)
		if t.vain++; t.vain >= mostVain {
			return &jobs.OfflineError{Err: r.Err}
		}
	}
	return nil
}
