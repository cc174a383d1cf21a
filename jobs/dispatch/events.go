package dispatch

import (
	"sync"
	"time"

	"adferry/jobs"
)

// events are on their way to the observer, in a goroutine of their own: an observer may have to
// wait for a terminal that somebody stopped.
type events struct {
	observe func(jobs.Event)
	told    []jobs.Event // the queue whose events were told takes the next ones

	mu     sync.Mutex
	queue  []jobs.Event
	missed jobs.Event // settled operations of which no event is queued
	wake   chan struct{}
	quit   chan struct{}
	ended  chan struct{}
}

const (
	// mostEvents is how many are queued before operations that are settled are only counted.
	mostEvents = 10_000
	// lastEvents is how long the end of a run waits for the observer.
	lastEvents = 2 * time.Second
)

func newEvents(observe func(jobs.Event)) *events {
	e := &events{observe: observe, wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go e.run()
	return e
}

// add queues an event.
func (e *events) add(event jobs.Event) {
	e.mu.Lock()
	if event.Kind == jobs.EventSettled && len(e.queue) >= mostEvents {
		e.missed.Kind = jobs.EventMissed
		e.missed.Settled++
		switch event.Outcome.State {
		case jobs.Failed:
			e.missed.Failed++
		case jobs.Skipped:
			e.missed.Skipped++
		}
	} else {
		e.queue = append(e.queue, event)
	}
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *events) run() {
	defer close(e.ended)
	for {
		select {
		case <-e.wake:
			e.deliver()
		case <-e.quit:
			e.deliver()
			return
		}
	}
}

func (e *events) deliver() {
	for {
		e.mu.Lock()
		queue, missed := e.queue, e.missed
		e.queue, e.missed = e.told[:0], jobs.Event{}
		e.mu.Unlock()
		if missed.Settled > 0 {
			queue = append(queue, missed)
		}
		e.told = queue
		if len(queue) == 0 {
			return
		}
		for _, event := range queue {
			e.observe(event)
		}
		clear(queue)
	}
}

// close waits until all was told, or not much longer than an observer takes that waits for
// nothing.
func (e *events) close() {
	close(e.quit)
	t := time.NewTimer(lastEvents)
	defer t.Stop()
	select {
	case <-e.ended:
	case <-t.C:
	}
}
