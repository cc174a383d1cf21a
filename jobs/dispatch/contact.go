package dispatch

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/jobs/quota"
)

// Contact is what is known of the way to the API. While nothing comes back from
// it, nothing is sent but, after pauses that grow, one request alone: first the
// neutral question, which changes nothing whoever answers it; where it is answered by
// somebody else, one ordinary call, for the way may be open to those.
type Contact struct {
	Broken *graph.Error // why nothing is sent; nil: the API answers
	Until  time.Time    // ... before
	tries  int          // how often it was tried in vain
	policy backoff.BackOff
	Asked  bool // the neutral question was answered by somebody else
	Trial  bool // the ordinary call is on its way

	silent int       // answers in a row in which the API said nothing
	last   time.Time // when the latest sign that something is wrong came
	Heard  time.Time // when the API last said anything
}

const (
	// MostContacts is how often in a row the API is tried before the run stops: with
	// the default backoff, about three minutes.
	MostContacts = 9
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
	GateClosed       // nothing
	GateNeutral      // the neutral question
	GateTrial        // one ordinary call alone
)

// Gate says what may be sent now, or when to ask again.
func (c *Contact) Gate(now time.Time) (gate, time.Time) {
	switch {
	case c.Broken == nil && !now.Before(c.Until):
		return gateOpen, now
	case now.Before(c.Until):
		return GateClosed, c.Until
	case c.Trial:
		return GateClosed, quota.Never // its answer wakes the dispatcher
	case c.Asked:
		return GateTrial, now
	}
	return GateNeutral, now
}

// Says reports whether a reply is a word of the API's.
func Says(r graph.Reply) bool {
	switch graph.ClassOf(r.Err) {
	case graph.Unreachable, graph.Foreign:
		return false
	}
	return r.Err == nil || !r.Err.Silent()
}

// Hear notes an answer of the API to a request that left then. What left before the
// last sign of trouble shows that there was an API before it.
func (c *Contact) Hear(left, now time.Time) (mended bool) {
	c.Heard, c.silent = now, 0
	if c.Broken == nil || left.Before(c.last) {
		return false
	}
	*c = Contact{Heard: now, last: c.last}
	return true
}

// Fail notes a request that left then and was not answered by the API. Requests that
// failed together count once. New is when the gate closes anew for that, over when
// it was tried too often.
func (c *Contact) Fail(err *graph.Error, left, now time.Time, o Options) (closed, over bool) {
	together := left.Before(c.last)
	c.last, c.Trial = now, false
	wait := min(err.RetryAfter, mostForeignWait)
	if err.Silent() && c.Broken == nil && wait == 0 {
		if c.silent++; c.silent < mostSilent {
			return false, false
		}
	}
	if now.Before(c.Until) || together && c.Broken != nil {
		if until := now.Add(wait); until.After(c.Until) {
			c.Until, c.Broken, closed = until, err, true
		}
		return closed, false
	}
	if c.policy == nil {
		c.policy = o.Backoff()
	}
	c.tries++
	c.Broken, c.Asked = err, false
	c.Until = now.Add(max(c.policy.NextBackOff(), wait))
	return true, c.tries >= MostContacts
}

// Counts reports whether a failure says something about the call that failed, whose
// last one came then: only if the API was heard in between. Else nothing works now, and
// that is no row's fault.
func (c *Contact) Counts(err *graph.Error, before time.Time) bool {
	return err.Class != graph.Foreign && (!err.Silent() || c.Heard.After(before))
}
