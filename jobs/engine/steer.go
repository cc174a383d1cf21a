package engine

import (
	"sync"
	"time"

	"adferry/jobs"
)

// steeringBox hands a change of pace from any goroutine to the dispatcher.
type steeringBox struct {
	mu      sync.Mutex
	next    *jobs.Steering
	changed chan struct{} // holds one when next is set
}

// Steer changes how the engine goes on, or will begin. A pause lets the requests in
// flight end and sends no more; MaxDuration goes on meanwhile, MaxWait does not
// apply. It may be called at any time from any goroutine, and does not wait.
func (e *Engine) Steer(s jobs.Steering) {
	e.steering.mu.Lock()
	defer e.steering.mu.Unlock()
	e.steering.next = &s
	select {
	case e.steering.changed <- struct{}{}:
	default:
	}
}

// applySteering does what was steered since.
func (e *Engine) applySteering(now time.Time) {
	e.steering.mu.Lock()
	s := e.steering.next
	e.steering.next = nil
	e.steering.mu.Unlock()
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
