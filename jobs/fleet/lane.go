package fleet

import (
	"sync"
	"time"

	"adferry/plan"
)

// lane is a lane of an open job, whether it is this worker's or not.
type lane struct {
	account plan.Account
	called  chan struct{} // the work on its slice is to end early

	mu      sync.Mutex
	busy    bool // its slice is worked on
	taking  bool // it will be this worker's, unless another has it
	held    bool // it is this worker's
	leaving bool // it is to be given back
	asleep  bool // it waits for other lanes
	later   bool // it waits for a later run
	why     string
	until   time.Time
	given   *giving
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
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false
	}
	l.busy, l.asleep = true, false
	select {
	case <-l.called:
	default:
	}
	return true
}

// reserve has the lane count as this worker's while its slice is worked on.
func (l *lane) reserve() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taking = true
}

// counts reports whether the lane is this worker's, or may be in a moment.
func (l *lane) counts() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held || l.taking
}

func (l *lane) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy, l.taking = false, false
}

func (l *lane) taken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = true
}

func (l *lane) mine() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// leave has the lane given back when its slice is next worked on.
func (l *lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaving = true
	select {
	case l.called <- struct{}{}:
	default:
	}
}

func (l *lane) leaves() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leaving
}

// sleeps notes that the lane waits for other lanes from now on.
func (l *lane) sleeps() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep = true
}

// defers notes that the lane is tried again by whoever takes it anew.
func (l *lane) defers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.later = true
}

func (l *lane) deferred() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.later
}

func (l *lane) isAsleep() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asleep && l.held && !l.leaving
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
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.held {
		return false
	}
	l.held, l.leaving, l.asleep, l.later, l.given, l.why, l.until = false, false, false, false, nil, "", time.Time{}
	return true
}
