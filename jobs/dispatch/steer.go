package dispatch

import (
	"time"

	"adferry/jobs"
)

// Steer changes how the run goes on, or will begin. A pause lets the requests in flight end
// and sends no more; MaxDuration goes on meanwhile, MaxWait does not apply. It may be called
// at any time from any goroutine, and does not wait.
func (d *Dispatcher) Steer(s jobs.Steering) {
	d.mail.mu.Lock()
	defer d.mail.mu.Unlock()
	d.mail.steering = &s
	select {
	case d.mail.steered <- struct{}{}:
	default:
	}
}

// applySteering does what was steered since.
func (d *Dispatcher) applySteering(now time.Time) {
	d.mail.mu.Lock()
	s := d.mail.steering
	d.mail.steering = nil
	d.mail.mu.Unlock()
	if s == nil {
		return
	}
	d.paused, d.idle = s.Paused, time.Time{}
	d.opt.Workers = s.Workers
	d.pool.width = s.Workers
	if s.MaxRate != d.opt.Rules.MaxRate {
		d.opt.Rules.MaxRate = s.MaxRate
		for _, l := range d.order {
			l.Quota = l.Quota.Retuned(now, d.opt.Rules)
			if l.index >= 0 {
				l.Wake()
			}
		}
	}
}
