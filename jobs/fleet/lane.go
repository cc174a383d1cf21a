package fleet

import (
	"sync"
	"sync/atomic"
	"time"

	"adferry/plan"
)

// lane is a lane of an open job, whether it is this worker's or not.
type lane struct {
	account plan.Account
	called  chan struct{} // the work on its slice is to end early

	busy     atomic.Bool // its slice is worked on
	taking   atomic.Bool // it will be this worker's, unless another has it
	held     atomic.Bool // it is this worker's
	recalled atomic.Bool // it is to be given back
	asleep   atomic.Bool // it waits for other lanes
	later    atomic.Bool // it waits for a later run: whoever takes it anew tries again

	mu    sync.Mutex
	why   string // it waits, as others know
	until time.Time
	given *giving
}

// giving is a lane that is being given back.
type giving struct {
	then  Next // what becomes of its slice
	ended chan struct{}
	err   error
}

func newLane(a plan.Account) *lane { return &lane{account: a, called: make(chan struct{}, 1)} }

// begin reports whether the slice may be worked on now: nobody else in this process does.
func (l *lane) begin() bool {
	if !l.busy.CompareAndSwap(false, true) {
		return false
	}
	l.asleep.Store(false)
	select {
	case <-l.called:
	default:
	}
	return true
}

func (l *lane) finish() {
	l.taking.Store(false)
	l.busy.Store(false)
}

// counts reports whether the lane is this worker's, or may be in a moment.
func (l *lane) counts() bool { return l.taking.Load() || l.held.Load() }

// waitsForLanes reports whether the lane is this worker's and waits for other lanes.
func (l *lane) waitsForLanes() bool { return l.asleep.Load() && l.held.Load() && !l.recalled.Load() }

// recall has the lane given back when its slice is next worked on.
func (l *lane) recall() {
	l.recalled.Store(true)
	select {
	case l.called <- struct{}{}:
	default:
	}
}

// waits notes what the lane waits for, and reports whether that is new.
func (l *lane) waits(why string, until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why == why && l.until.Equal(until) {
		return false
	}
	l.why, l.until = why, until
	return true
}

// giving has give begin, if it did not yet.
func (l *lane) giving(then Next, give func() error) *giving {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.given == nil {
		g := &giving{then: then, ended: make(chan struct{})}
		l.given = g
		go func() {
			defer close(g.ended)
			g.err = give()
		}()
	}
	return l.given
}

// gone notes that the lane was given back, and reports whether that was not known.
func (l *lane) gone() bool {
	if !l.held.CompareAndSwap(true, false) {
		return false
	}
	for _, flag := range []*atomic.Bool{&l.recalled, &l.asleep, &l.later} {
		flag.Store(false)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.given, l.why, l.until = nil, "", time.Time{}
	return true
}
