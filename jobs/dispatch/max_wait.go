package dispatch

import (
	"time"

	"adferry/jobs"
)

// tooLong stops the run when nothing but waits is left to do for longer than MaxWait.
// Only a request of some lane ends the stretch, not a test whether the network is back.
func (d *Dispatcher) tooLong(now, wake time.Time) bool {
	if !d.waiting() {
		return false
	}
	if d.idle.IsZero() {
		d.idle = now
	}
	if d.opt.MaxWait == 0 || wake.Sub(d.idle) <= d.opt.MaxWait {
		return false
	}
	d.Halt(d.maxWaitError(now, wake))
	return true
}

// waiting reports whether nothing is left to do now but to wait for a quota, the network
// or an answer that is doubted.
func (d *Dispatcher) waiting() bool {
	return !d.paused && d.Quiet() && (d.blocked || d.held > 0 || d.client.Doubts() || d.contact.Err != nil)
}

// maxWaitError is the error for a wait until the given moment that is too long.
func (d *Dispatcher) maxWaitError(now, wake time.Time) error {
	if d.contact.Err != nil {
		return &jobs.OfflineError{Err: d.contact.Err}
	}
	var lane *Lane
	g := d.mainGate()
	who := &g.state
	for _, l := range d.order {
		if l.Queue == nil { // it is not read in this run
			continue
		}
		if l.State.ParkedUntil.Sub(wake).Abs() < time.Second || !who.ParkedUntil.After(now) && l.State.ParkedUntil.After(now) {
			who, lane = &l.State, l
		}
	}
	if lane != nil && lane.waitReported || lane == nil && !g.app.Block.Closed(now) {
		return &jobs.ThrottledError{Account: who.Account, Until: wake, Why: who.ParkedFor}
	}
	return &jobs.ThrottledError{Account: who.Account, Until: wake}
}
