package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// lane is what the engine has to do in one ad account: the operations that it is charged for,
// and the lookups in it. It is the queue of the dispatcher's lane.
type lane struct {
	*dispatch.Lane
	e *Engine

	coming   bool      // it is about to become this engine's
	mine     bool      // its operations are carried out here
	rests    bool      // ... but not now
	taken    time.Time // when they were taken from another worker
	recalled bool      // ... no longer, once what is under way has ended

	deferred bool // operations of it were left for a later run

	// What the checkpoint still has for this lane.
	cursor   plan.OpID // claimed up to here, skipped ranges apart
	skipped  []skippedRange
	drained  bool // nothing left to claim
	released []plan.OpID
	freed    map[plan.OpID]bool // of a shared job: those released since the lane was taken that are not settled; told twice is once
	loading  bool               // a claim is on its way
	counted  bool               // it is one of the engine's unclaimed lanes
	hungry   bool               // it is among the engine's hungry lanes
	held     int                // tasks in memory that this lane is charged for
	window   int                // how many those may be; grows while the lane is fast
	flow     int                // writes sent since its quota last held one back

	lookups     lookupQueue
	lingers     bool                  // it is among the engine's lingering lanes
	ready       []*task               // writes that may be sent, in order
	permits     permits               // deletes that wait for a permit, or have one
	deletes     int                   // of a shared engine's own lane: those that are not settled
	needPicture []*task               // writes whose pictures have to be downloaded before
	downloads   *downloads            // on their way
	reading     int                   // reads on their way
	writing     int                   // writes on their way
	acted       time.Time             // when something was last sent, or came back
	readsHeld   hold                  // when its quota or a throttle last held back reads
	busy        map[plan.Hash][]*task // tasks of each image of this account; the first is worked on, the others wait
	failing     int                   // writes that failed in a row
}

// noteMore keeps the count of lanes of which the checkpoint may have more.
func (l *lane) noteMore() {
	if has := l.hasMore(); has != l.counted {
		l.counted = has
		if has {
			l.e.unclaimed++
			return
		}
		if l.e.unclaimed--; l.e.unclaimed == 0 {
			l.e.wakeGroups() // no more deletes may come
		}
	}
}

func newLane(e *Engine) *lane {
	return &lane{e: e, flow: fastStreak, busy: map[plan.Hash][]*task{}}
}

// hasMore reports whether the checkpoint has more for the lane that can be done in this run.
func (l *lane) hasMore() bool {
	return l.loading || l.Ended() == nil && (!l.drained || len(l.released) > 0 || len(l.skipped) > 0)
}

// wantMore has the lane's window filled before the next turns.
func (l *lane) wantMore() {
	if !l.hungry && l.hasMore() {
		l.hungry = true
		l.e.hungry = append(l.e.hungry, l)
	}
}

// release gives the lane an operation that no longer waits for others.
func (l *lane) release(id plan.OpID) {
	if l.freed != nil {
		if l.freed[id] {
			return
		}
		l.freed[id] = true
	}
	l.released = append(l.released, id)
	l.noteMore()
	l.wantMore()
}

// fastStreak is how many writes in a row show that a lane is not slow.
const fastStreak = 25

// room is how many operations to bring into memory, up to most in all, not counting
// those that are stuck. A slow lane takes a bulk read's worth when it is nearly done,
// because what it read early would have to be read again.
func (l *lane) room(most, stuck int) int {
	held := l.held - stuck - min(len(l.permits.waiting), 2*graph.MaxHashes) // which have read nothing yet
	if l.Quota.Tier == graph.TierFull {
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
