package reports

import (
	"errors"
	"sync"
	"time"

	"adferry/jobs"
)

const (
	// glanceKept is how long a glance is kept, in times that it took.
	glanceKept = 10
	// glancePatience is how long to wait for a new glance where there is an old one:
	// Prometheus waits ten seconds for the whole scrape, unless told otherwise.
	glancePatience = 2 * time.Second
)

var errOver = errors.New("the job is over")

// glances are readings of one job's summary, one at a time, for any number of
// goroutines.
type glances struct {
	read func() (jobs.Summary, error)

	mu   sync.Mutex
	last *glance // that came to its end
	next *glance // under way
	over bool
}

// glance is one reading. Its result is there when done is closed.
type glance struct {
	done    chan struct{}
	summary jobs.Summary
	err     error
	until   time.Time // kept
}

// summary is that of the last glance while it is kept, and else of a new one, if it
// comes in time.
func (g *glances) summary() (jobs.Summary, error) {
	last, next := g.turn(time.Now())
	if next != nil {
		var late <-chan time.Time // never, if there is no other
		if last != nil {
			late = time.After(glancePatience)
		}
		select {
		case <-next.done:
			last = next
		case <-late:
		}
	}
	if last == nil {
		return jobs.Summary{}, errOver
	}
	return last.summary, last.err
}

// turn begins a glance if one is due.
func (g *glances) turn(now time.Time) (last, next *glance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next == nil && !g.over && (g.last == nil || now.After(g.last.until)) {
		g.next = &glance{done: make(chan struct{})}
		go g.take(g.next)
	}
	return g.last, g.next
}

func (g *glances) take(next *glance) {
	began := time.Now()
	next.summary, next.err = g.read()
	now := time.Now()
	next.until = now.Add(glanceKept * now.Sub(began))
	g.mu.Lock()
	g.last, g.next = next, nil
	g.mu.Unlock()
	close(next.done)
}

// close lets no new glance begin, and waits for one under way.
func (g *glances) close() {
	g.mu.Lock()
	g.over = true
	next := g.next
	g.mu.Unlock()
	if next != nil {
		<-next.done
	}
}
