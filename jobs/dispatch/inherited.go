package dispatch

import (
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// inheritedWait is a wait that an earlier process left behind; it is reported once.
type inheritedWait struct {
	until   time.Time
	why     string
	imposed bool
}

// Inherit takes over what an earlier process knew of an ad account, which has its lane, or of
// the app: the access tier, and until when it has to wait.
func (d *Dispatcher) Inherit(s jobs.LaneState, now time.Time) {
	if s.Account == "" {
		d.earlier = &s
		for _, g := range d.gates {
			g.inherit(s, now)
		}
		return
	}
	l := d.lanes[s.Account]
	l.Quota.Tier, l.parkedCountedUntil = s.Tier, s.ParkedUntil
	s.Work = false
	if inheritWait(&l.State, &l.inherited, &l.Quota.Block, s, now) {
		l.Dirty = true
	}
}

// inherit takes over what an earlier process knew of the app. It is not told of which, so it
// holds for all.
func (g *Gate) inherit(s jobs.LaneState, now time.Time) {
	inheritWait(&g.state, &g.inherited, &g.app.Block, s, now)
	g.waitReported = !s.ParkedUntil.IsZero()
}

// inheritWait takes over a state and its wait, and reports whether that was shortened because
// it is longer than is credible.
func inheritWait(state *jobs.LaneState, inherited *inheritedWait, block *quota.Block, s jobs.LaneState, now time.Time) (shortened bool) {
	*state, *inherited = s, inheritedWait{s.ParkedUntil, s.ParkedFor, s.Imposed}
	if s.ParkedUntil.IsZero() {
		return false
	}
	*block = quota.Until(s.ParkedUntil, now)
	if !inherited.until.After(block.Until) {
		return false
	}
	inherited.why += fmt.Sprintf(" (the job noted %s, which is implausible; asked again after a day)", s.ParkedUntil.UTC().Format(time.DateOnly))
	inherited.until = block.Until
	state.ParkedUntil, state.ParkedFor = inherited.until, inherited.why
	return true
}

// tellInherited reports a wait from an earlier process, once it holds something back,
// and obeys StopOnThrottle if the API imposed it.
func (d *Dispatcher) tellInherited(l *Lane, now time.Time) {
	d.tell(&l.inherited, l.Account, now)
	d.tell(&l.gate.inherited, "", now)
}

func (d *Dispatcher) tell(w *inheritedWait, a plan.Account, now time.Time) {
	if !w.until.After(now) {
		return
	}
	d.Report(jobs.Event{Kind: jobs.EventParked, Account: a, Until: w.until, Text: w.why})
	if w.imposed && d.opt.StopOnThrottle {
		d.Halt(&jobs.ThrottledError{Account: a, Until: w.until})
	}
	*w = inheritedWait{}
}
