package reports

import (
	"errors"
	"sync"
	"time"

	"adferry/jobs"
)

const (
	// The times for which a reading is kept: by who looks on, and by who scrapes.
	timesShown, timesScraped = 4, 10
	// readingPatience is how long to wait for a new reading where there is an old one:
	// Prometheus waits ten seconds for the whole scrape, unless told otherwise.
	readingPatience = 2 * time.Second
)

var errJobOver = errors.New("the job is over")

// summaryCache reads one job's summary, one reading at a time, for any number of
// goroutines.
type summaryCache struct {
	read  func() (jobs.Summary, error)
	times int           // how long a reading is kept, as a multiple of the time that it took
	least time.Duration // for which it is kept at least

	mu      sync.Mutex
	last    *summaryReading // that has ended
	current *summaryReading // under way
	closed  bool
}

// summaryReading is one reading. Its result may be read once done is closed.
type summaryReading struct {
	done    chan struct{}
	summary jobs.Summary
	err     error
	until   time.Time // how long it is kept
}

// summary is that of the last reading while it is kept, and otherwise of a new one,
// if that comes in time.
func (c *summaryCache) summary() (jobs.Summary, error) {
	last, current := c.refresh(time.Now())
	if current != nil {
		var late <-chan time.Time // never, if there is no other
		if last != nil {
			late = time.After(readingPatience)
		}
		select {
		case <-current.done:
			last = current
		case <-late:
		}
	}
	if last == nil {
		return jobs.Summary{}, errJobOver
	}
	return last.summary, last.err
}

// refresh begins a reading if one is due.
func (c *summaryCache) refresh(now time.Time) (last, current *summaryReading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil && !c.closed && (c.last == nil || now.After(c.last.until)) {
		c.current = &summaryReading{done: make(chan struct{})}
		go c.run(c.current)
	}
	return c.last, c.current
}

func (c *summaryCache) run(r *summaryReading) {
	began := time.Now()
	r.summary, r.err = c.read()
	now := time.Now()
	r.until = now.Add(max(c.least, time.Duration(c.times)*now.Sub(began)))
	c.mu.Lock()
	c.last, c.current = r, nil
	c.mu.Unlock()
	close(r.done)
}

// close lets no new reading begin, and waits for one under way.
func (c *summaryCache) close() {
	c.mu.Lock()
	c.closed = true
	current := c.current
	c.mu.Unlock()
	if current != nil {
		<-current.done
	}
}
