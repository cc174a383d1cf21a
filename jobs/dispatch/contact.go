package dispatch

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/jobs/quota"
)

// Contact tells whether the API can be reached. While it cannot, one request at a time is
// sent, after growing pauses. The neutral question, GET /me, comes first, because it
// changes nothing. If something other than the API answers it, one ordinary call is tried,
// because a proxy may let only those through.
type contact struct {
	Err             *graph.Error // why nothing is sent; nil: the API answers
	Until           time.Time    // ... before
	Since           time.Time    // when that began
	tries           int          // how often it was tried without success
	policy          backoff.BackOff
	NeutralAnswered bool // the neutral question was answered, but not by the API
	Trial           bool // the ordinary call is on its way

	silent     int       // answers in a row in which the API said nothing
	last       time.Time // when the last sign of trouble came
	LastAnswer time.Time // when the API last said anything
}

const (
	// mostContacts is how often in a row the API is tried before the run stops: with
	// the default backoff, about three minutes.
	mostContacts = 9
	// mostSilent is how many answers in a row without a word from the API show that it
	// cannot be reached: fewer may be the fault of those calls.
	mostSilent = 3
	// mostForeignWait bounds the wait that an answer may ask for which did not come from
	// the API.
	mostForeignWait = 10 * time.Minute
)

// opening is what may be sent.
type opening uint8

const (
	gateOpen    opening = iota
	gateClosed          // nothing
	gateNeutral         // the neutral question
	gateTrial           // one ordinary call alone
)

// Gate says what may be sent now, or when to ask again.
func (c *contact) Gate(now time.Time) (opening, time.Time) {
	switch {
	case c.Err == nil && !now.Before(c.Until):
		return gateOpen, now
	case now.Before(c.Until):
		return gateClosed, c.Until
	case c.Trial:
		return gateClosed, quota.Never // its answer wakes the dispatcher
	case c.NeutralAnswered:
		return gateTrial, now
	}
	return gateNeutral, now
}

// fromAPI reports whether a reply came from the API.
func fromAPI(r graph.Reply) bool {
	switch graph.ClassOf(r.Err) {
	case graph.Unreachable, graph.Foreign:
		return false
	}
	return r.Err == nil || !r.Err.Silent()
}

// Answered notes an answer of the API to a request that was sent at the given moment. If
// that was before the last sign of trouble, it does not show that the trouble is over.
func (c *contact) Answered(left, now time.Time) (mended bool) {
	c.LastAnswer, c.silent = now, 0
	if c.Err == nil || left.Before(c.last) {
		return false
	}
	*c = contact{LastAnswer: now, last: c.last}
	return true
}

// NotAnswered notes a request, sent at the given moment, that the API did not answer. Requests
// that failed together count once. It reports whether the gate closed because of that,
// and whether the API was tried too often.
func (c *contact) NotAnswered(err *graph.Error, left, now time.Time, o Options) (closed, over bool) {
	together := left.Before(c.last)
	c.last, c.Trial = now, false
	wait := min(err.RetryAfter, mostForeignWait)
	if err.Silent() && c.Err == nil && wait == 0 {
		if c.silent++; c.silent < mostSilent {
			return false, false
		}
	}
	if now.Before(c.Until) || together && c.Err != nil {
		if until := now.Add(wait); until.After(c.Until) {
			if c.Err == nil {
				c.Since = now
			}
			c.Until, c.Err, closed = until, err, true
		}
		return closed, false
	}
	if c.policy == nil {
		c.policy = o.backoff()
	}
	if c.tries++; c.Err == nil {
		c.Since = now
	}
	c.Err, c.NeutralAnswered = err, false
	c.Until = now.Add(max(c.policy.NextBackOff(), wait))
	return true, c.tries >= mostContacts
}

// Counts reports whether a failure counts against the call that failed, whose last
// failure was at the given moment: only if the API answered something in between.
// Otherwise nothing works now, and that is no row's fault.
func (c *contact) Counts(err *graph.Error, before time.Time) bool {
	return err.Class != graph.Foreign && (!err.Silent() || c.LastAnswer.After(before))
}
