package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// lane is one ad account: the operations that it is charged for, the lookups in it, and
// its quota. Only the dispatcher touches it.
type lane struct {
	account plan.Account
	state   jobs.LaneState // what the checkpoint keeps of it
	dirty   bool           // state differs from the checkpoint's
	quota   quota.Lane

	// What the checkpoint still has for this lane.
	cursor   plan.OpID // claimed up to here, skipped ranges apart
	skipped  []skippedRange
	drained  bool // nothing left to claim
	released []plan.OpID
	held     int // tasks in memory that this lane is charged for
	window   int // how many those may be; grows while the lane is fast
	flow     int // writes sent since its quota last held one back

	lookups     lookupQueue
	ready       []*task               // writes that may be sent, in order
	permits     permits               // deletes that wait for a permit, or have one
	needPicture []*task               // writes whose pictures have to be downloaded before
	downloading int                   // fetches on their way
	inflight    int                   // HTTP requests
	reading     int                   // reads on their way
	readsHeld   hold                  // when its quota or a throttle last held back reads
	busy        map[plan.Hash][]*task // tasks of each image of this account; the first is worked on, the others wait

	inherited          inheritedWait
	parkedCountedUntil time.Time // until when its waits are counted in state.Parked

	waitReported   bool      // a wait that the API did not impose was reported
	waitReportedAt time.Time // when that was last reported

	maybeThrottles      int            // throttles in a row that may be a block
	maybeThrottledWrite bool           // the last of them struck a write
	denials             int            // refused reads in a row, one after the other
	lastDenialAt        time.Time      // when the last of them came back
	nextReadAt          time.Time      // after a refused read: when the next one is sent, alone
	failing             int            // writes that failed in a row
	givenUp             *graph.Error   // why the account was given up: nothing more is sent for it
	width               dispatch.Width // how many images one read asks about
}

func newLane(s jobs.LaneState, now time.Time) *lane {
	l := &lane{account: s.Account, state: s, inherited: inheritedWaitOf(s), drained: !s.Work, flow: fastStreak, width: dispatch.NewWidth(graph.MaxHashes), busy: map[plan.Hash][]*task{}}
	l.state.Work = false
	l.quota.Tier = s.Tier
	if l.parkedCountedUntil = s.ParkedUntil; !s.ParkedUntil.IsZero() {
		l.quota.Block = quota.Until(s.ParkedUntil, now)
		l.inherited.bound(&l.state, l.quota.Block.Until)
		l.dirty = !s.ParkedUntil.Equal(l.state.ParkedUntil)
	}
	return l
}

// hasMore reports whether the checkpoint has more for the lane.
func (l *lane) hasMore() bool { return !l.drained || len(l.released) > 0 || len(l.skipped) > 0 }

// fastStreak is how many writes in a row show that a lane is not slow.
const fastStreak = 25

// room is how many operations to bring into memory, up to most in all, not counting
// those that are stuck. A slow lane takes a bulk read's worth when it is nearly done,
// because what it read early would have to be read again.
func (l *lane) room(most, stuck int) int {
	held := l.held - stuck - min(len(l.permits.waiting), 2*graph.MaxHashes) // which have read nothing yet
	if l.quota.Tier == graph.TierFull {
		l.window = most
	}
	switch slow := l.flow < fastStreak; {
	case slow && held > graph.MaxHashes/10, held > l.window/2:
		return 0
	case slow:
		l.window = graph.MaxHashes
	default:
		l.window = 2 * max(l.window, graph.MaxHashes)
	}
	l.window = min(l.window, most)
	return max(0, l.window-held)
}

// upcoming is the write that is sent next, or nil.
func (l *lane) upcoming() *task {
	switch {
	case len(l.permits.permitted) > 0:
		return l.permits.permitted[0]
	case len(l.ready) > 0:
		return l.ready[0]
	}
	return nil
}

// pop takes the write that is sent next.
func (l *lane) pop() *task {
	if p := l.permits.permitted; len(p) > 0 {
		t := p[0]
		p[0] = nil
		l.permits.permitted = p[1:]
		return t
	}
	t := l.ready[0]
	l.ready[0] = nil
	l.ready = l.ready[1:]
	return t
}

// takeTurn reports whether the task may work on its image now, or queues it: operations
// on one image in one account take turns, so that each sees what the one before did.
func (l *lane) takeTurn(t *task) bool {
	l.busy[t.Hash] = append(l.busy[t.Hash], t)
	return len(l.busy[t.Hash]) == 1
}

// endTurn ends the first task's turn and returns the next one, if any.
func (l *lane) endTurn(t *task) *task {
	queue := l.busy[t.Hash][1:]
	if len(queue) == 0 {
		delete(l.busy, t.Hash)
		return nil
	}
	l.busy[t.Hash] = queue
	return queue[0]
}

// pair is a source and a target; of a delete there is no target.
type pair struct{ source, target plan.Account }

// timer is something due at a moment.
type timer struct {
	at time.Time
	do func()
}

// timers is a heap, soonest first.
type timers []timer

func (h timers) Len() int           { return len(h) }
func (h timers) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timers) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timers) Push(x any)        { *h = append(*h, x.(timer)) }
func (h *timers) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = timer{}
	*h = old[:len(old)-1]
	return last
}
