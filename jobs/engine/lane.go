package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// lane is one ad account: the operations that it is charged for, the reads
// wanted from it, and its quota. The dispatcher alone touches it.
type lane struct {
	account plan.Account
	state   jobs.LaneState // what the checkpoint keeps of it
	dirty   bool           // state differs from the checkpoint's
	quota   quota.Lane

	// Supply: what the checkpoint still has for this lane.
	cursor   plan.OpID // claimed up to here, but for the gaps
	skipped  []skippedRange
	drained  bool // nothing left to claim
	released []plan.OpID
	held     int // tasks in memory that have this as their home
	window   int // how many those may be; grows while the lane is fast
	flow     int // writes that went since its quota held one back

	lookups   lookupQueue
	ready     []*task               // writes that may go, in order
	permits   permits               // deletes that wait for sightings of their copies, or have them
	unfetched []*task               // those whose pictures have to be fetched before
	fetching  int                   // fetches on their way
	inflight  int                   // HTTP requests
	reading   int                   // reads on their way
	busy      map[plan.Hash][]*task // who works on an image of this account; the first goes, the others wait

	inherited inheritedWait
	counted   time.Time // until when its waits are in state.Parked

	told  bool      // of a wait that nobody imposed
	shown time.Time // when that was last told

	maybe      int            // throttles in a row that may be a block
	maybeWrite bool           // the last of them struck a write
	denials    int            // refused reads in a row, one after the other
	denied     time.Time      // when the last of them came back
	again      time.Time      // after a refused read: when the next one goes, alone
	failing    int            // writes that failed in a row
	refused    *graph.Error   // the account is given up: nothing more is sent for it
	width      dispatch.Width // how many images one read asks about
}

func newLane(s jobs.LaneState, now time.Time) *lane {
	l := &lane{account: s.Account, state: s, inherited: inheritedWaitOf(s), drained: !s.Work, flow: fastStreak, width: dispatch.NewWidth(graph.MostHashes), busy: map[plan.Hash][]*task{}}
	l.state.Work = false
	l.quota.Tier = s.Tier
	if l.counted = s.ParkedUntil; !s.ParkedUntil.IsZero() {
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

// room is how many operations to bring into memory, of most at most, beside those
// that are stuck. A slow lane takes a bulk read's worth when it is nearly through:
// what it read early would have to be read again.
func (l *lane) room(most, stuck int) int {
	held := l.held - stuck - min(len(l.permits.waiting), 2*graph.MostHashes) // of which nothing was read yet
	if l.quota.Tier == graph.TierFull {
		l.window = most
	}
	switch slow := l.flow < fastStreak; {
	case slow && held > graph.MostHashes/10, held > l.window/2:
		return 0
	case slow:
		l.window = graph.MostHashes
	default:
		l.window = 2 * max(l.window, graph.MostHashes)
	}
	l.window = min(l.window, most)
	return max(0, l.window-held)
}

// upcoming is the write that goes next, if any may.
func (l *lane) upcoming() *task {
	switch {
	case len(l.permits.permitted) > 0:
		return l.permits.permitted[0]
	case len(l.ready) > 0:
		return l.ready[0]
	}
	return nil
}

// pop takes the write that goes next.
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

// takeTurn lets the task work on its image, or queues it behind the one that does:
// two operations of one image in one account take turns, so that the second
// sees what the first did.
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

// pair is a way that images are copied.
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
