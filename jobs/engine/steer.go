package engine

import (
	"sync"
	"time"

	"adferry/jobs"
)

// wheel hands a steering over to the dispatcher.
type wheel struct {
	mu     sync.Mutex
	next   *jobs.Steering
	turned chan struct{} // holds one when next is set
}

// Steer changes how the engine goes on, or will begin. A pause lets the requests in
// flight end and sends no more; MaxDuration goes on meanwhile, MaxWait does not
// apply. It may be called at any time from any goroutine, and does not wait.
func (e *Engine) Steer(s jobs.Steering) {
	e.wheel.mu.Lock()
	defer e.wheel.mu.Unlock()
	e.wheel.next = &s
	select {
	case e.wheel.turned <- struct{}{}:
	default:
	}
}

// heed does what was steered since.
func (e *Engine) heed(now time.Time) {
	e.wheel.mu.Lock()
	s := e.wheel.next
	e.wheel.next = nil
	e.wheel.mu.Unlock()
	if s == nil {
		return
	}
	e.paused, e.idle = s.Paused, time.Time{}
	if s.Workers != e.opt.Workers {
		e.opt.Workers = s.Workers
		e.pool.Resize(s.Workers)
		e.widen()
	}
	if s.MaxRate != e.opt.Rules.MaxRate {
		e.opt.Rules.MaxRate = s.MaxRate
		for _, l := range e.order {
			l.quota = l.quota.Retuned(now, e.opt.Rules)
		}
	}
}
