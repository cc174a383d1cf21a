package jobs

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/jobs/quota"
)

// contact is what is known of the way to the API. While nothing comes back from
// it, nothing is sent but, after pauses that grow, one request alone: first the
// neutral question, which changes nothing whoever answers it; where it is answered by
// somebody else, one ordinary call, for the way may be open to those.
type contact struct {
	broken *graph.Error // why nothing is sent; nil: the API answers
	until  time.Time    // ... before
	tries  int          // how often it was tried in vain
	policy backoff.BackOff
	asked  bool // the neutral question was answered by somebody else
	trial  bool // the ordinary call is on its way

	silent int       // answers in a row in which the API said nothing
	last   time.Time // when the latest sign that something is wrong came
	heard  time.Time // when the API last said anything
}

const (
	// mostContacts is how often in a row the API is tried before the run stops: with
	// the default backoff, about three minutes.
	mostContacts = 9
	// mostSilent is how many answers in a row without a word of the API show that it
	// is out of reach: single ones are those calls' own trouble.
	mostSilent = 3
	// mostForeignWait bounds what somebody else than the API may have us wait.
	mostForeignWait = 10 * time.Minute
)

// gate is what may be sent.
type gate uint8

const (
	gateOpen    gate = iota
	gateClosed       // nothing
	gateNeutral      // the neutral question
	gateTrial        // one ordinary call alone
)

// gate says what may be sent now, or when to ask again.
func (c *contact) gate(now time.Time) (gate, time.Time) {
	switch {
	case c.broken == nil && !now.Before(c.until):
		return gateOpen, now
	case now.Before(c.until):
		return gateClosed, c.until
	case c.trial:
		return gateClosed, quota.Never // its answer wakes the dispatcher
	case c.asked:
		return gateTrial, now
	}
	return gateNeutral, now
}

// says reports whether a reply is a word of the API's.
func says(r graph.Reply) bool {
	switch graph.ClassOf(r.Err) {
	case graph.Unreachable, graph.Foreign:
		return false
	}
	return r.Err == nil || !r.Err.Silent()
}

// hear notes an answer of the API to a request that left then. What left before the
// last sign of trouble shows that there was an API before it.
func (c *contact) hear(left, now time.Time) (mended bool) {
	c.heard, c.silent = now, 0
	if c.broken == nil || left.Before(c.last) {
		return false
	}
	*c = contact{heard: now, last: c.last}
	return true
}

// fail notes a request that left then and was not answered by the API. Requests that
// failed together count once. New is when the gate closes anew for that, over when
// it was tried too often.
func (c *contact) fail(err *graph.Error, left, now time.Time, o DispatchOptions) (closed, over bool) {
	together := left.Before(c.last)
	c.last, c.trial = now, false
	wait := min(err.RetryAfter, mostForeignWait)
	if err.Silent() && c.broken == nil && wait == 0 {
		if c.silent++; c.silent < mostSilent {
			return false, false
		}
	}
	if now.Before(c.until) || together && c.broken != nil {
		if until := now.Add(wait); until.After(c.until) {
			c.until, c.broken, closed = until, err, true
		}
		return closed, false
	}
	if c.policy == nil {
		c.policy = o.Backoff()
	}
	c.tries++
	c.broken, c.asked = err, false
	c.until = now.Add(max(c.policy.NextBackOff(), wait))
	return true, c.tries >= mostContacts
}

// counts reports whether a failure says something about the call that failed, whose
// last one came then: only if the API was heard in between. Else nothing works now, and
// that is no row's fault.
func (c *contact) counts(err *graph.Error, before time.Time) bool {
	return err.Class != graph.Foreign && (!err.Silent() || c.heard.After(before))
}
