package jobs

import (
	"time"

	"adferry/plan"
)

// EventKind says what an event is about.
type EventKind uint8

// The kinds of events.
const (
	EventUnknown EventKind = iota
	EventStarted           // Total, Settled and Failed operations so far
	EventSettled           // Op and its Outcome are on disk
	EventParked            // Account ("" is the app) waits until Until, because of Text
	EventResumed           // Account may go on
	EventWarning           // Text
	EventMissed            // Settled operations, Failed and Skipped ones among them, that there is no event for
	// Account ("" is all) waits until Until, because of Text, though the API did not ask
	// for that: it may go on sooner. A zero Until: it goes on.
	EventWaiting
)

// Event is what the engine tells while it runs.
type Event struct {
	Kind    EventKind
	Op      plan.Op
	Outcome Outcome
	Account plan.Account
	Until   time.Time
	Text    string

	Total, Settled, Failed, Skipped int // operations
}
