package dispatch

import (
	"fmt"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
)

// Waits are told in events, and in the lanes' states for the checkpoint. A park is imposed by
// the API; any other wait may be over sooner.

// leastReported is from how long on a wait that the API did not impose is reported.
const leastReported = 10 * time.Second

// shownEvery is how often a wait of one lane is reported that ends sooner now: its reads and
// its writes may wait for different things in turns.
const shownEvery = 5 * time.Second

// whyWait says in the API's words why something waits, and whether the wait is shorter
// than the API asked for.
func whyWait(err *graph.Error, until, now time.Time) string {
	if err.RetryAfter > quota.MaxNamedWait && until.Equal(now.Add(quota.MaxNamedWait)) {
		return fmt.Sprintf("%s (the API asked for %v; asked again after a day)", err.Detail(), err.RetryAfter)
	}
	return err.Detail()
}

// parkLane notes that the API throttled a lane; before is the end of its earlier wait.
func (d *Dispatcher) parkLane(l *Lane, err *graph.Error, before time.Time, write bool, now time.Time) {
	l.State.Throttles++
	d.throttled++
	if err.Class == graph.MaybeThrottled && l.Quota.Block.Until.After(before) {
		l.maybeThrottledWrite = write
		if l.maybeThrottles++; l.maybeThrottles > mostMaybeThrottles || d.opt.Impatient {
			l.GiveUp(err)
		}
	}
	if l.Quota.Block.Until.After(before) {
		d.recordPark(l, jobs.Park{Account: l.Account, From: now, Until: l.Quota.Block.Until, Code: err.Code, Subcode: err.Subcode}, whyWait(err, l.Quota.Block.Until, now))
	}
}

// appAnswered notes whether an answer closed or opened the gate of all lanes; before is the
// end of their earlier wait.
func (d *Dispatcher) appAnswered(g *Gate, reply graph.Reply, before, now time.Time) {
	switch {
	case reply.Err != nil && (reply.Err.Class == graph.ThrottledApp || g.app.Block.Until.After(before)):
		d.parkAll(g, reply.Err, before, now)
	case !before.IsZero() && g.app.Block.Until.IsZero():
		d.appWaitOver(g, jobs.EventResumed, now)
		d.lanesOf(g, (*Lane).appResumed)
	}
}

// severalApps reports whether the ad accounts have credentials of several apps. Then a wait of
// one app is told as one of each of its ad accounts, which all that reads the checkpoint
// understands.
func (d *Dispatcher) severalApps() bool { return len(d.gates) > 1 }

// appResumed notes that the app of the lane is not blocked any more.
func (l *Lane) appResumed() {
	if l.parkedByApp && l.Quota.Block.Until.IsZero() {
		l.resumed()
	}
	l.parkedByApp = false
}

// resumed reports that the lane's park is over.
func (l *Lane) resumed() {
	l.parkedByApp = false
	l.d.Report(jobs.Event{Kind: jobs.EventResumed, Account: l.Account})
}

// parkAll notes that the API throttled all lanes of the gate; before is the end of their
// earlier wait.
func (d *Dispatcher) parkAll(g *Gate, err *graph.Error, before, now time.Time) {
	if err.Class.Throttled() {
		d.throttled++
	}
	if g.app.Block.Until.After(before) {
		why := whyWait(err, g.app.Block.Until, now)
		d.client.AppParked(jobs.AppPark{App: g.key, Until: g.app.Block.Until, Why: why})
		park := jobs.Park{From: now, Until: g.app.Block.Until, Code: err.Code, Subcode: err.Subcode}
		if d.severalApps() {
			g.park, g.parkedFor = park, why
			d.lanesOf(g, func(l *Lane) { l.parkByApp(now) })
			return
		}
		g.state.ParkedUntil, g.state.ParkedFor, g.waitReported = g.app.Block.Until, why, true
		d.savePark(park, why)
	}
}

// parkByApp notes that the lane has to wait because its app, which is one of several, has to.
func (l *Lane) parkByApp(now time.Time) {
	p := l.gate.park
	if !p.Until.After(now) {
		return
	}
	l.parkedByApp = true
	p.Account, p.From = l.Account, now
	l.d.recordPark(l, p, l.gate.parkedFor)
}

// recordPark notes that a lane has to wait because the API says so, unless it was told before to
// wait longer: its own park and that of one of several apps are shown, and kept, as one.
func (d *Dispatcher) recordPark(l *Lane, p jobs.Park, why string) {
	if p.Until.Before(l.Quota.Block.Until) || d.severalApps() && p.Until.Before(l.gate.app.Block.Until) {
		return
	}
	if !l.parkedCountedUntil.Before(p.From) {
		p.From = l.parkedCountedUntil // the same wait became longer
	}
	l.State.Parked, l.parkedCountedUntil = l.State.Parked+p.Until.Sub(p.From), p.Until
	l.State.ParkedUntil, l.State.ParkedFor, l.Dirty = p.Until, why, true
	l.waitReported = false // the end of the wait that was told before is not to be told any more
	d.savePark(p, why)
}

// savePark has the client make a park durable, and reports it.
func (d *Dispatcher) savePark(p jobs.Park, why string) {
	d.client.Parked(p)
	d.Report(jobs.Event{Kind: jobs.EventParked, Account: p.Account, Until: p.Until, Text: why})
	if d.opt.StopOnThrottle {
		d.Halt(&jobs.ThrottledError{Account: p.Account, Until: p.Until})
	}
}

// reportAppWait notes that all lanes of a gate wait because the app's calls of this hour are
// used up.
func (d *Dispatcher) reportAppWait(g *Gate, until time.Time, why string, now time.Time) {
	if g.app.Block.Until.After(until) {
		return
	}
	known := g.waitReported && now.Sub(g.waitReportedAt) < shownEvery || until.Sub(g.state.ParkedUntil).Abs() < time.Second && why == g.state.ParkedFor
	g.state.ParkedUntil, g.state.ParkedFor, g.waitReported = until, why, true
	if known {
		return
	}
	g.waitReportedAt, d.unsaved = now, true
	d.Report(jobs.Event{Kind: jobs.EventWaiting, Until: until, Text: why})
}

// appWaitOver notes that such a wait, or a park of all lanes, is over, and reports it as the
// kind says.
func (d *Dispatcher) appWaitOver(g *Gate, kind jobs.EventKind, now time.Time) {
	if g.endWait(now) {
		d.Report(jobs.Event{Kind: kind})
	}
}

// endWait notes that the lanes of a gate need not wait any more, unless the app is blocked. It
// reports whether they had to.
func (g *Gate) endWait(now time.Time) bool {
	if !g.waitReported || g.app.Block.Closed(now) {
		return false
	}
	g.state.ParkedUntil, g.state.ParkedFor, g.waitReported = time.Time{}, "", false
	return true
}

// reportUnreachable notes that the API cannot be reached, and when it is tried again. A block of
// the app that ends later is what the lanes wait for.
func (d *Dispatcher) reportUnreachable(until time.Time, why string, now time.Time) {
	for _, g := range d.gates {
		if !g.app.Block.Until.After(until) {
			g.state.ParkedUntil, g.state.ParkedFor, g.waitReported, g.waitReportedAt = until, why, true, now
		}
	}
	d.unsaved = true
	d.Report(jobs.Event{Kind: jobs.EventUnreachable, Until: until, Text: why})
}

// reportReachable notes that the API answers again.
func (d *Dispatcher) reportReachable(now time.Time) {
	for _, g := range d.gates {
		g.endWait(now)
	}
	d.Report(jobs.Event{Kind: jobs.EventReachable})
}

// reportProbes reports that a request is the probe of its lane's block or of the app's.
func (d *Dispatcher) reportProbes(r *Request) {
	l := r.Lane
	told := d.reportAppProbe(l.gate, r.Left) && d.severalApps()
	if l.Quota.Block.IsProbe(r.Left) && !told {
		d.Report(jobs.Event{Kind: jobs.EventProbing, Account: l.Account})
	}
}

// reportAppProbe reports that a request that left at the given moment is the probe of the
// app's block, if it is.
func (d *Dispatcher) reportAppProbe(g *Gate, left time.Time) bool {
	switch {
	case !g.app.Block.IsProbe(left):
		return false
	case d.severalApps():
		d.lanesOf(g, func(l *Lane) { d.Report(jobs.Event{Kind: jobs.EventProbing, Account: l.Account}) })
	default:
		d.Report(jobs.Event{Kind: jobs.EventProbing})
	}
	return true
}

// reportQuotaWait notes that a lane, or all of them, wait because of a quota that nobody has
// exceeded: status shows it, and for the next process, which does not know what was
// sent, it is a park.
func (d *Dispatcher) reportQuotaWait(l *Lane, c quota.Cost, at, now time.Time) {
	if at.Sub(now) < leastReported || at.Equal(quota.Never) || l.Quota.Block.Closed(now) || l.gate.app.Block.Closed(now) {
		return
	}
	if l.gate.app.Next(now).Equal(at) {
		const why = "the calls of the app's hour are used up"
		if d.severalApps() {
			d.lanesOf(l.gate, func(other *Lane) { d.reportWait(other, at, why, now) })
		} else {
			d.reportAppWait(l.gate, at, why, now)
		}
		return
	}
	d.reportWait(l, at, l.Quota.Why(now, c, d.opt.Rules), now)
}

// ReportHeld reports that the lane has to wait for what it saves up for.
func (l *Lane) ReportHeld(c quota.Cost, at, now time.Time) {
	l.d.tellInherited(l, now)
	l.d.reportQuotaWait(l, c, at, now)
}

// ReportDoubt notes that a lane is asked again at a later moment because its empty
// answers are doubted.
func (l *Lane) ReportDoubt(until, now time.Time) {
	if until.Sub(now) >= leastReported && !l.Quota.Block.Closed(now) {
		l.d.reportWait(l, until, "it answers with empty lists, as a throttled account may, and is asked again", now)
	}
}

// reportWait reports a wait that the API did not impose. A later end is told at once: the
// lane may not be asked again before.
func (d *Dispatcher) reportWait(l *Lane, until time.Time, why string, now time.Time) {
	if l.waitReported && now.Sub(l.waitReportedAt) < shownEvery && until.Before(l.State.ParkedUntil) || until.Sub(l.State.ParkedUntil).Abs() < time.Second {
		return
	}
	l.waitReportedAt = now
	l.State.ParkedUntil, l.State.ParkedFor, l.Dirty = until, why, true
	l.waitReported, d.unsaved = true, true
	d.Report(jobs.Event{Kind: jobs.EventWaiting, Account: l.Account, Until: until, Text: why})
}

// WaitOver notes that a wait that the API did not impose is over, perhaps early.
func (l *Lane) WaitOver() {
	if !l.waitReported {
		return
	}
	l.waitReported = false
	l.State.ParkedUntil, l.State.ParkedFor, l.Dirty = time.Time{}, "", true
	l.d.Report(jobs.Event{Kind: jobs.EventWaitOver, Account: l.Account})
}

// Unsaved reports whether a wait changed since the last call that the checkpoint should have
// at once.
func (d *Dispatcher) Unsaved() bool {
	u := d.unsaved
	d.unsaved = false
	return u
}

// Changed lists the states that the checkpoint does not have yet, the app's first.
func (d *Dispatcher) Changed() []jobs.LaneState {
	states := []jobs.LaneState{d.mainGate().state}
	for _, l := range d.order {
		if l.Dirty {
			l.Dirty = false
			states = append(states, l.State)
		}
	}
	return states
}
