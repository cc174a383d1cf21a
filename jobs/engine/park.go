package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// park notes a throttle of a lane, whose gate was closed until before.
func (e *Engine) park(l *lane, err *graph.Error, before time.Time, write bool, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	if err.Class == graph.MaybeThrottled && l.quota.Block.Until.After(before) {
		l.maybeWrite = write
		// Who only asks what would be done wants to know what is so now.
		if l.maybe++; l.maybe > dispatch.MostUnclear || e.opt.ReadOnly {
			l.refused = err
			e.giveUpLane(l)
		}
	}
	if l.quota.Block.Until.After(before) {
		e.parked(l, jobs.Park{Account: l.account, From: now, Until: l.quota.Block.Until, Code: err.Code, Subcode: err.Subcode}, dispatch.WhyWait(err, l.quota.Block.Until, now))
	}
}

// parkApp notes a wait of all lanes that the API asked for; their gate was closed
// until before.
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

// appAnswered notes what an answer made of the gate of all, which was closed until
// before.
func (e *Engine) appAnswered(reply graph.Reply, before, now time.Time) {
	switch {
	case reply.Err != nil && (reply.Err.Class == graph.ThrottledApp || e.app.Block.Until.After(before)):
		e.parkApp(reply.Err, before, now)
	case !before.IsZero() && e.app.Block.Until.IsZero():
		e.appGoesOn(now)
	}
}

// appWaits notes that nothing is sent for a while, which no throttle asked for: the
// API cannot be reached, or the app's share of its calls is used up.
func (e *Engine) appWaits(until time.Time, why string, now time.Time) {
	if e.app.Block.Until.After(until) || e.appTold && now.Sub(e.appShown) < shownEvery || until.Sub(e.appState.ParkedUntil).Abs() < time.Second && why == e.appState.ParkedFor {
		return
	}
	e.appShown = now
	e.appState.ParkedUntil, e.appState.ParkedFor, e.appTold, e.selfLimited = until, why, true, true
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
		p.From = l.counted // the wait grew
	}
	l.state.Parked, l.counted = l.state.Parked+p.Until.Sub(p.From), p.Until
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = p.Until, why, true
	l.told = false // what was told before is no longer the wait that ends
	e.noted(p, why)
}

// noted makes a park durable and tells of it.
func (e *Engine) noted(p jobs.Park, why string) {
	e.commit.add(jobs.Change{Parks: []jobs.Park{p}, Lanes: e.changedLanes(), Tally: e.tally.now(time.Now())}, nil)
	e.opt.Observe(jobs.Event{Kind: jobs.EventParked, Account: p.Account, Until: p.Until, Text: why})
	if e.opt.StopOnThrottle {
		e.halt(&jobs.ThrottledError{Account: p.Account, Until: p.Until})
	}
}

// shownEvery is how often such waits of one lane, or of all, are told anew: its reads
// and its writes may wait for different things.
const shownEvery = 5 * time.Second

// tellWait notes that a lane, or all of them, keep below a quota for a while: it is
// told, status shows it, and after a restart, which forgets what was sent, it is a
// park.
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

// tellDoubt notes that a lane's answers are doubted, and it is asked again then.
func (e *Engine) tellDoubt(l *lane, until, now time.Time) {
	if until.Sub(now) >= dispatch.ShownFrom && !l.quota.Block.Closed(now) {
		e.tell(l, until, now, "it answers with empty lists, as a throttled account may, and is asked again")
	}
}

// tell tells of a wait that nobody imposed.
func (e *Engine) tell(l *lane, until, now time.Time, why string) {
	if l.told && now.Sub(l.shown) < shownEvery || until.Sub(l.state.ParkedUntil).Abs() < time.Second {
		return
	}
	l.shown = now
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = until, why, true
	l.told, e.selfLimited = true, true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: l.account, Until: until, Text: why})
}

// waitOver notes that a wait that nobody imposed is over, perhaps sooner than it was
// thought.
func (e *Engine) waitOver(l *lane) {
	if !l.told {
		return
	}
	l.told = false
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = time.Time{}, "", true
	e.opt.Observe(jobs.Event{Kind: jobs.EventWaiting, Account: l.account})
}
