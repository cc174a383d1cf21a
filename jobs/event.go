package jobs

import (
	"time"

	"adferry/plan"
)

// EventKind says what an event is about. Its names are those in the log and in JSON lines.
type EventKind string

// The kinds of events. An event about waits has an Account, which is "" if it is about all.
const (
	EventSettled     EventKind = "settled"     // Op and its Outcome are on disk
	EventParked      EventKind = "parked"      // Account waits until Until, because of Text: the API asks for it
	EventResumed     EventKind = "resumed"     // the probe passed: the park of Account is over
	EventWarning     EventKind = "warning"     // Text
	EventMissed      EventKind = "missed"      // Settled operations, Failed and Skipped ones among them, that there is no event for
	EventWaiting     EventKind = "waiting"     // Account waits until Until, because of Text; it may go on sooner, because the API did not ask for it
	EventWaitOver    EventKind = "wait_over"   // that wait of Account is over
	EventProbing     EventKind = "probing"     // one call is sent, to see whether the park of Account is over
	EventUnreachable EventKind = "unreachable" // the API cannot be reached, because of Text; it is tried again at Until
	EventReachable   EventKind = "reachable"   // the API answers again
)

// AboutWaits reports whether an event says that something begins or ends to wait.
func (k EventKind) AboutWaits() bool {
	switch k {
	case EventParked, EventResumed, EventWaiting, EventWaitOver, EventProbing, EventUnreachable, EventReachable:
		return true
	}
	return false
}

// Event is what the engine tells while it runs.
type Event struct {
	Kind    EventKind
	Op      plan.Op
	Outcome Outcome
	Account plan.Account
	Until   time.Time
	Text    string

	Settled, Failed, Skipped int // operations
}
