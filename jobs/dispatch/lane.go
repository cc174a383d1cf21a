package dispatch

import (
	"container/heap"
	"context"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Lane is one ad account: what the API charges it for, until when it has to wait, and the
// client's queue of what to send. A lane without anything to send costs nothing: it is looked
// at only after it was woken.
type Lane struct {
	Account plan.Account
	Queue   Queue
	Quota   quota.Lane
	Reads   Reads
	State   jobs.LaneState // what the checkpoint keeps of it
	Dirty   bool           // State differs from the checkpoint's
	GivenUp *graph.Error   // why nothing more is sent; nil: it goes on

	d         *Dispatcher
	gate      *Gate
	login     *login
	inflight  int  // requests and other work
	queued    bool // it is in the ring
	urgent    bool // it is among those whose turn comes before all others, too
	awaits    bool // any answer may help it
	index     int  // among the sleepers; -1: it is none of them
	wake      time.Time
	heldNow   bool      // a quota or a throttle keeps something of it from being sent, as this turn showed
	held      bool      // ... as its last turn did
	notBefore time.Time // what other workers use or do keeps its requests until then
	learnt    bool      // something was sent since what is known of its quota was last asked for

	inherited           inheritedWait
	parkedCountedUntil  time.Time // until when its waits are counted in State.Parked
	parkedByApp         bool      // a park of its app, which is one of several, was reported as its own
	waitReported        bool      // a wait that the API did not impose was reported
	waitReportedAt      time.Time // when that was last reported
	maybeThrottles      int       // throttles in a row that may be a block
	maybeThrottledWrite bool      // the last of them struck a write
}

// Queue is what the client has to send on one lane. Its methods run in the dispatcher's
// goroutine.
type Queue interface {
	// Prepare is called when the lane has its turn. It may return work for a slot of the pool
	// that is no API call. wake says when the lane may have something to send that it does not
	// offer yet.
	Prepare(now time.Time) (work Work, wake time.Time)
	// Offer is the call that would be sent next.
	Offer(now time.Time) Offer
	// Take takes the call out of the queue that was offered last.
	Take(o Offer, now time.Time) (graph.Call, Item)
	// HeldBack says that quotas keep the offer from being sent until the given moment, which
	// is quota.Never if an answer decides. alone: nothing else is sent in this turn.
	HeldBack(o Offer, alone bool, until, now time.Time)
	// Urgent reports whether the next offer should be sent before those of other lanes.
	Urgent() bool
	// GaveUp says that the lane was given up.
	GaveUp()
	// TokenEnded says that the API refused the token of the lane's calls, so that what is left
	// of it is for a later run.
	TokenEnded(err *graph.Error)
}

// Work runs in a slot of the pool; what it returns runs in the dispatcher's goroutine
// afterwards.
type Work func(context.Context) func()

// Offer is a call that a lane could send.
type Offer struct {
	Cost    quota.Cost
	Reserve quota.Cost // has to be free beside it
	Due     time.Time  // not before; quota.Never: there is none
	Next    time.Time  // if quotas hold it back: when there may be another offer
	Alone   bool       // in a request of its own
	Last    bool       // no other call follows it in its request
}

// Item is what a call is about, on the client's side.
type Item interface {
	// Answered takes the reply to the call.
	Answered(r *Request, reply graph.Reply, now time.Time)
	// Unsent takes back a call that was not sent after all, and why.
	Unsent(why error, now time.Time)
}

// Lane is the account's lane, or nil.
func (d *Dispatcher) Lane(a plan.Account) *Lane { return d.lanes[a] }

// Open makes the account's lane unless there is one, and gives it a queue whose reads ask for at most
// so many images. It takes its first turn when it is woken.
func (d *Dispatcher) Open(a plan.Account, q Queue, readSize int) *Lane {
	l := d.lanes[a]
	if l == nil {
		o := d.login(a)
		l = &Lane{Account: a, State: jobs.LaneState{Account: a}, d: d, gate: o.gate, login: o, index: -1}
		d.lanes[a] = l
		d.order = append(d.order, l)
		l.parkByApp(time.Now())
	}
	l.Queue, l.Reads = q, newReads(readSize)
	l.GivenUp, l.maybeThrottles = nil, 0
	return l
}

// close ends the lane's queue.
func (l *Lane) close() {
	l.leave()
	l.Queue, l.queued, l.urgent, l.awaits, l.inflight = nil, false, false, false, 0
}

// Wake gives the lane its turn, because it may have something to send. If its queue is urgent,
// it has turns before all others, and keeps its place in the ring beside that.
func (l *Lane) Wake() {
	if !l.queued {
		l.leave()
		l.queued = true
		l.gate.ring = append(l.gate.ring, l)
	}
	if !l.urgent && l.Queue != nil && l.Queue.Urgent() {
		l.urgent = true
		l.d.urgent = append(l.d.urgent, l)
	}
}

// wakeAwaiting gives their turn to the lanes that any answer may help.
func (d *Dispatcher) wakeAwaiting() {
	for _, l := range d.awaiting {
		l.awaits = false
		l.Wake()
	}
	d.awaiting = d.awaiting[:0]
}

// leave takes the lane out of those that wait.
func (l *Lane) leave() {
	if l.index >= 0 {
		heap.Remove(&l.d.sleeping, l.index)
	}
	if l.held {
		l.held = false
		l.d.held--
	}
}

// rest has the lane wait until it is woken, or until the given moment.
func (l *Lane) rest(until time.Time) {
	if l.queued { // it was woken during its turn
		return
	}
	if l.heldNow {
		l.held = true
		l.d.held++
	}
	if until.Before(quota.Never) {
		l.wake = until
		heap.Push(&l.d.sleeping, l)
	}
}

// HoldBack notes during its turn that a quota or a throttle keeps something of the lane from
// being sent until the given moment; quota.Never if an answer decides, perhaps one to another
// lane.
func (l *Lane) HoldBack(until time.Time) {
	l.heldNow = true
	if until.Equal(quota.Never) && !l.awaits {
		l.awaits = true
		l.d.awaiting = append(l.d.awaiting, l)
	}
}

// Ended is why the token of the lane's calls is not sent any more; nil: it is.
func (l *Lane) Ended() *graph.Error { return l.login.ended }

// InFlight is how many requests of the lane are on their way, and how much other work.
func (l *Lane) InFlight() int { return l.inflight }

// Allowed is when the lane's and the app's quota allow a call of this cost.
func (l *Lane) Allowed(c quota.Cost, now time.Time) time.Time {
	return quota.Later(l.Own(c, now), l.gate.app.Next(now))
}

// AppAllows is when the app's quota allows so many calls one after the other.
func (l *Lane) AppAllows(calls int, now time.Time) time.Time { return l.gate.app.NextOf(now, calls) }

// ShareAllows is when the job's share of the lane's quota allows calls of this cost.
func (l *Lane) ShareAllows(c quota.Cost, now time.Time) time.Time {
	l.adopt()
	return l.Quota.NextOfShare(now, c, l.d.opt.Rules)
}

// Own is when the lane's own quota allows a call of this cost, whatever the app's says.
func (l *Lane) Own(c quota.Cost, now time.Time) time.Time {
	l.adopt()
	return quota.Later(l.Quota.Next(now, c, l.d.opt.Rules), l.notBefore)
}

// Probing reports whether only one call may be sent, to see whether a throttle is over.
func (l *Lane) Probing() bool { return l.Quota.Block.Probing() || l.gate.app.Block.Probing() }

// Closed reports whether a throttle keeps the lane from sending.
func (l *Lane) Closed(now time.Time) bool { return l.Quota.Block.Closed(now) }

// adopt takes over what other lanes of the app learned of the limit of requests a second.
func (l *Lane) adopt() {
	if l.Quota.Pace() != l.gate.pace {
		l.Quota = l.Quota.Adopt(l.gate.pace)
	}
}

// sharePace tells the other lanes what this one learned of that limit, or that it tries it.
func (l *Lane) sharePace(now time.Time) {
	p := l.Quota.Pace()
	if p == l.gate.pace {
		return
	}
	l.gate.pace = p
	for s := &l.d.sleeping; len(*s) > 0 && (*s)[0].wake.Sub(now) < 2*time.Second; { // longer waits have another reason
		(*s)[0].Wake()
	}
}
