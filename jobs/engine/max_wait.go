package engine

import (
	"time"

	"adferry/jobs"
)

// tooLong stops the run when nothing but waits is left to do for longer than MaxWait.
// Only a request of some lane ends the stretch, not a test whether the network is back.
func (e *Engine) tooLong(now, wake time.Time) bool {
	if !e.waiting() {
		return false
	}
	if e.idle.IsZero() {
		e.idle = now
	}
	if e.opt.MaxWait == 0 || wake.Sub(e.idle) <= e.opt.MaxWait {
		return false
	}
	e.halt(e.maxWaitError(now, wake))
	return true
}

// waiting reports whether nothing is left to do now but to wait for a quota, the network
// or an answer that is doubted.
func (e *Engine) waiting() bool {
	return !e.paused && e.inflight == 0 && e.commit.idle() && (e.blocked || e.doubted > 0 || e.contact.Err != nil)
}

// maxWaitError is the error for a wait until the given moment that is too long.
func (e *Engine) maxWaitError(now, wake time.Time) error {
	if e.contact.Err != nil {
		return &jobs.OfflineError{Err: e.contact.Err}
	}
	who := &e.appState
	for _, l := range e.order {
		if l.state.ParkedUntil.Sub(wake).Abs() < time.Second || !who.ParkedUntil.After(now) && l.state.ParkedUntil.After(now) {
			who = &l.state
		}
	}
	if who.Account != "" && e.lanes[who.Account].waitReported || who.Account == "" && !e.app.Block.Closed(now) {
		return &jobs.ThrottledError{Account: who.Account, Until: wake, Why: who.ParkedFor}
	}
	return &jobs.ThrottledError{Account: who.Account, Until: wake}
}
