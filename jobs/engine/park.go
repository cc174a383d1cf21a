package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// parkLane notes that the API throttled a lane; before is the end of its earlier wait.
func (e *Engine) parkLane(l *lane, err *graph.Error, before time.Time, write bool, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	if err.Class == graph.MaybeThrottled && l.quota.Block.Until.After(before) {
		l.maybeThrottledWrite = write
		// A dry run does not wait: it asks what would be done now.
		if l.maybeThrottles++; l.maybeThrottles > dispatch.MostMaybeThrottles || e.opt.ReadOnly {
			l.givenUp = err
			e.giveUpLane(l)
		}
	}
	if l.quota.Block.Until.After(before) {
		e.recordPark(l, jobs.Park{Account: l.account, From: now, Until: l.quota.Block.Until, Code: err.Code, Subcode: err.Subcode}, dispatch.WhyWait(err, l.quota.Block.Until, now))
	}
}

// parkAll notes that the API throttled all lanes; before is the end of their earlier wait.
func (e *Engine) parkAll(err *graph.Error, before, now time.Time) {
	if err.Class.Throttled() {
		e.tally.Throttled++
	}
	if e.app.Block.Until.After(before) {
		why := dispatch.WhyWait(err, e.app.Block.Until, now)
		e.appState.ParkedUntil, e.appState.ParkedFor, e.appWaitReported = e.app.Block.Until, why, true
		e.savePark(jobs.Park{Account: "", From: now, Until: e.app.Block.Until, Code: err.Code, Subcode: err.Subcode}, why)
	}
}

// appAnswered notes whether an answer closed or opened the gate of all lanes; before is the
// end of their earlier wait.
func (e *Engine) appAnswered(reply graph.Reply, before, now time.Time) {
	switch {
	case reply.Err != nil && (reply.Err.Class == graph.ThrottledApp || e.app.Block.Until.After(before)):
		e.parkAll(reply.Err, before, now)
	case !before.IsZero() && e.app.Block.Until.IsZero():
		e.reportAppWaitOver(now)
	}
}

// recordAppWait notes that all lanes wait although no throttle asked for it: the API cannot
// be reached, or the app's calls of this hour are used up.
func (e *Engine) recordAppWait(until time.Time, why string, now time.Time) {
	if e.app.Block.Until.After(until) {
		return
	}
	known := e.appWaitReported && now.Sub(e.appWaitReportedAt) < shownEvery || until.Sub(e.appState.ParkedUntil).Abs() < time.Second && why == e.appState.ParkedFor
	e.appState.ParkedUntil, e.appState.ParkedFor, e.appWaitReported = until, why, true
	if known {
		return
	}
	e.appWaitReportedAt, e.selfLimited = now, true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Until: until, Text: why})
}

// reportAppWaitOver notes that such a wait, or a park of all lanes, is over.
func (e *Engine) reportAppWaitOver(now time.Time) {
	if !e.appWaitReported || e.app.Block.Closed(now) {
		return
	}
	e.appState.ParkedUntil, e.appState.ParkedFor, e.appWaitReported = time.Time{}, "", false
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting})
}

// recordPark notes that a lane has to wait.
func (e *Engine) recordPark(l *lane, p jobs.Park, why string) {
	if !l.parkedCountedUntil.Before(p.From) {
		p.From = l.parkedCountedUntil // the same wait became longer
	}
	l.state.Parked, l.parkedCountedUntil = l.state.Parked+p.Until.Sub(p.From), p.Until
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = p.Until, why, true
	l.waitReported = false // the end of the wait that was told before is not to be told any more
	e.savePark(p, why)
}

// savePark makes a park durable and reports it.
func (e *Engine) savePark(p jobs.Park, why string) {
	e.commit.add(jobs.Change{Parks: []jobs.Park{p}, Lanes: e.changedLanes(), Tally: e.tally.snapshot(time.Now())}, nil)
	e.opt.Observe(jobs.Event{Kind: jobs.EventParked, Account: p.Account, Until: p.Until, Text: why})
	if e.opt.StopOnThrottle {
		e.halt(&jobs.ThrottledError{Account: p.Account, Until: p.Until})
	}
}

// shownEvery is how often a changed wait of one lane is reported: its reads and its
// writes may wait for different things in turns.
const shownEvery = 5 * time.Second

// reportQuotaWait notes that a lane, or all of them, wait because of a quota that nobody has
// exceeded: status shows it, and for the next process, which does not know what was
// sent, it is a park.
func (e *Engine) reportQuotaWait(l *lane, c quota.Cost, at, now time.Time) {
	if at.Sub(now) < dispatch.LeastReported || at.Equal(quota.Never) || l.quota.Block.Closed(now) || e.app.Block.Closed(now) {
		return
	}
	if own := l.quota.Next(now, c, e.opt.Rules); own.Before(at) {
		e.recordAppWait(at, "the calls of the app's hour are used up", now)
		return
	}
	e.reportWait(l, at, now, l.quota.Why(now, c, e.opt.Rules))
}

// reportDoubtWait notes that a lane is asked again at a later moment because its empty
// answers are doubted.
func (e *Engine) reportDoubtWait(l *lane, until, now time.Time) {
	if until.Sub(now) >= dispatch.LeastReported && !l.quota.Block.Closed(now) {
		e.reportWait(l, until, now, "it answers with empty lists, as a throttled account may, and is asked again")
	}
}

// reportWait reports a wait that the API did not impose.
func (e *Engine) reportWait(l *lane, until, now time.Time, why string) {
	if l.waitReported && now.Sub(l.waitReportedAt) < shownEvery || until.Sub(l.state.ParkedUntil).Abs() < time.Second {
		return
	}
	l.waitReportedAt = now
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = until, why, true
	l.waitReported, e.selfLimited = true, true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: l.account, Until: until, Text: why})
}

// reportWaitOver notes that a wait that the API did not impose is over, perhaps early.
func (e *Engine) reportWaitOver(l *lane) {
	if !l.waitReported {
		return
	}
	l.waitReported = false
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = time.Time{}, "", true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: l.account})
}
