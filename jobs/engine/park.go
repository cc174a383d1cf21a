package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// park notes that the API throttled a lane, whose gate had been closed until before.
func (e *Engine) park(l *lane, err *graph.Error, before time.Time, write bool, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	if err.Class == graph.MaybeThrottled && l.quota.Block.Until.After(before) {
		l.maybeWrite = write
		// A dry run does not wait: it asks what would be done now.
		if l.maybe++; l.maybe > dispatch.MostUnclear || e.opt.ReadOnly {
			l.refused = err
			e.giveUpLane(l)
		}
	}
	if l.quota.Block.Until.After(before) {
		e.parked(l, jobs.Park{Account: l.account, From: now, Until: l.quota.Block.Until, Code: err.Code, Subcode: err.Subcode}, dispatch.WhyWait(err, l.quota.Block.Until, now))
	}
}

// parkApp notes that the API throttled all lanes; their gate had been closed until
// before.
func (e *Engine) parkApp(err *graph.Error, before, now time.Time) {
	if err.Class.Throttled() {
		e.tally.Throttled++
	}
	if e.app.Block.Until.After(before) {
		why := dispatch.WhyWait(err, e.app.Block.Until, now)
		e.appState.ParkedUntil, e.appState.ParkedFor, e.appTold = e.app.Block.Until, why, true
		e.noted(jobs.Park{Account: "", From: now, Until: e.app.Block.Until, Code: err.Code, Subcode: err.Subcode}, why)
	}
}

// appAnswered notes whether an answer closed or opened the gate of all lanes, which had
// been closed until before.
func (e *Engine) appAnswered(reply graph.Reply, before, now time.Time) {
	switch {
	case reply.Err != nil && (reply.Err.Class == graph.ThrottledApp || e.app.Block.Until.After(before)):
		e.parkApp(reply.Err, before, now)
	case !before.IsZero() && e.app.Block.Until.IsZero():
		e.appGoesOn(now)
	}
}

// appWaits notes that all lanes wait although no throttle asked for it: the API cannot
// be reached, or the app's calls of this hour are used up.
func (e *Engine) appWaits(until time.Time, why string, now time.Time) {
	if e.app.Block.Until.After(until) {
		return
	}
	known := e.appTold && now.Sub(e.appShown) < shownEvery || until.Sub(e.appState.ParkedUntil).Abs() < time.Second && why == e.appState.ParkedFor
	e.appState.ParkedUntil, e.appState.ParkedFor, e.appTold = until, why, true
	if known {
		return
	}
	e.appShown, e.selfLimited = now, true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Until: until, Text: why})
}

// appGoesOn notes that such a wait, or a park of all lanes, is over.
func (e *Engine) appGoesOn(now time.Time) {
	if !e.appTold || e.app.Block.Closed(now) {
		return
	}
	e.appState.ParkedUntil, e.appState.ParkedFor, e.appTold = time.Time{}, "", false
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting})
}

// parked notes that a lane has to wait.
func (e *Engine) parked(l *lane, p jobs.Park, why string) {
	if !l.counted.Before(p.From) {
		p.From = l.counted // the same wait became longer
	}
	l.state.Parked, l.counted = l.state.Parked+p.Until.Sub(p.From), p.Until
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = p.Until, why, true
	l.told = false // the end of the wait that was told before is not to be told any more
	e.noted(p, why)
}

// noted makes a park durable and reports it.
func (e *Engine) noted(p jobs.Park, why string) {
	e.commit.add(jobs.Change{Parks: []jobs.Park{p}, Lanes: e.changedLanes(), Tally: e.tally.now(time.Now())}, nil)
	e.opt.Observe(jobs.Event{Kind: jobs.EventParked, Account: p.Account, Until: p.Until, Text: why})
	if e.opt.StopOnThrottle {
		e.halt(&jobs.ThrottledError{Account: p.Account, Until: p.Until})
	}
}

// shownEvery is how often a changed wait of one lane is reported: its reads and its
// writes may wait for different things in turns.
const shownEvery = 5 * time.Second

// tellWait notes that a lane, or all of them, wait because of a quota that nobody has
// exceeded: status shows it, and for the next process, which does not know what was
// sent, it is a park.
func (e *Engine) tellWait(l *lane, c quota.Cost, at, now time.Time) {
	if at.Sub(now) < dispatch.ShownFrom || at.Equal(quota.Never) || l.quota.Block.Closed(now) || e.app.Block.Closed(now) {
		return
	}
	if own := l.quota.Next(now, c, e.opt.Rules); own.Before(at) {
		e.appWaits(at, "the calls of the app's hour are used up", now)
		return
	}
	e.tell(l, at, now, l.quota.Why(now, c, e.opt.Rules))
}

// tellDoubt notes that a lane is asked again at a later moment because its empty
// answers are doubted.
func (e *Engine) tellDoubt(l *lane, until, now time.Time) {
	if until.Sub(now) >= dispatch.ShownFrom && !l.quota.Block.Closed(now) {
		e.tell(l, until, now, "it answers with empty lists, as a throttled account may, and is asked again")
	}
}

// tell reports a wait that the API did not impose.
func (e *Engine) tell(l *lane, until, now time.Time, why string) {
	if l.told && now.Sub(l.shown) < shownEvery || until.Sub(l.state.ParkedUntil).Abs() < time.Second {
		return
	}
	l.shown = now
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = until, why, true
	l.told, e.selfLimited = true, true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: l.account, Until: until, Text: why})
}

// waitOver notes that a wait that the API did not impose is over, perhaps early.
func (e *Engine) waitOver(l *lane) {
	if !l.told {
		return
	}
	l.told = false
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = time.Time{}, "", true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: l.account})
}
