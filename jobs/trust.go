package jobs

import (
	"time"

	"adferry/graph"
	"adferry/plan"
)

// An app or a token that was restricted gets the same refusals as one that may not
// use an ad account. So no refusal is believed to be an ad account's before something
// else shows that the token is good: an answer to a call that left after the refusal
// came, or, when nothing but refusals come, one to the neutral question. What was
// refused meanwhile is held.

// trust is the doubt whether the token and the app are good. The zero trust has
// none.
type trust struct {
	since   time.Time             // when the first refusal came that nothing explains yet; zero: no doubt
	refused map[plan.Account]bool // who refused since; they are left alone
	held    []func()              // what each refusal means if it is its account's own
	due     time.Time             // the neutral question is not asked before
	vain    int                   // how often it was asked in vain
	denials int                   // how often it was refused
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

func (t *trust) doubted() bool { return !t.since.IsZero() }

// doubt notes a refusal of an account's call, and what it means if it is its own.
func (t *trust) doubt(a plan.Account, err *graph.Error, now time.Time, own func()) {
	if !t.doubted() {
		t.since, t.refused = now, map[plan.Account]bool{}
	}
	t.refused[a] = true
	t.held = append(t.held, own)
}

// explained reports whether an answer that is no refusal, to a call that left then,
// ends the doubt.
func (t *trust) explained(left time.Time) bool { return t.doubted() && left.After(t.since) }

// end ends the doubt: the refusals are their accounts' own.
func (t *trust) end() {
	held := t.held
	*t = trust{}
	for _, own := range held {
		own()
	}
}

// asks reports whether the neutral question is to be asked now: others is whether
// calls that left since are on their way.
func (t *trust) asks(others bool, now time.Time) bool {
	return t.doubted() && !now.Before(t.due) && (!others || len(t.refused) >= mostDoubted)
}

// judge takes the answer to the neutral question. The error ends the run.
func (t *trust) judge(r graph.Reply, now time.Time, o Options) error {
	class := classOf(r.Err)
	switch {
	case class == graph.RefusedRun:
		return &RefusedError{r.Err}
	case !t.doubted():
	case class.Refused():
		t.due = now.Add(o.RetryBase)
		if t.denials++; t.denials >= mostAsked {
			return &RefusedError{r.Err}
		}
	case r.Err == nil:
		t.end()
	case class.Throttled(): // its gate says when to ask again
	default:
		t.due = now.Add(o.RetryBase << t.vain)
		if t.vain++; t.vain >= mostVain {
			return &OfflineError{r.Err}
		}
	}
	return nil
}
