package jobs

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// park closes a lane after a throttle.
func (e *Engine) park(l *lane, err *graph.Error, u graph.AccountUsage, write bool, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	before := l.quota.Block.Until
	l.quota = l.quota.Throttled(now, err, u)
	if err.Class == graph.MaybeThrottled && l.quota.Block.Until.After(before) {
		l.maybeWrite = write
		if l.maybe++; l.maybe > mostMaybe {
			l.refused = err
			e.abandon(l)
		}
	}
	if l.quota.Block.Until.After(before) {
		e.parked(l, Park{l.account, now, l.quota.Block.Until, err.Code, err.Subcode}, err.Detail())
	}
}

// mostMaybe is how many waits in a row, together some hours, a block of unknown
// kind gets before it counts as a refusal.
const mostMaybe = 5

// parkApp closes the gate for all lanes.
func (e *Engine) parkApp(err *graph.Error, l *lane, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	before := e.app.Block.Until
	base, most := quota.Guess(err, l.quota.Tier)
	e.app.Block = e.app.Block.Close(now, 0, base, most)
	if e.app.Block.Until.After(before) {
		e.appState.ParkedUntil, e.appState.ParkedFor = e.app.Block.Until, err.Detail()
		e.noted(Park{"", now, e.app.Block.Until, err.Code, err.Subcode}, err.Detail())
	}
}

// parked notes that a lane has to wait.
func (e *Engine) parked(l *lane, p Park, why string) {
	if !l.state.ParkedUntil.Before(p.From) {
		p.From = l.state.ParkedUntil // the wait grew
	}
	l.state.Parked += p.Until.Sub(p.From)
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = p.Until, why, true
	e.noted(p, why)
}

// noted makes a park durable and tells of it.
func (e *Engine) noted(p Park, why string) {
	e.commit.add(Change{Parks: []Park{p}, Lanes: e.changedLanes(), Tally: e.tally.now(time.Now())}, nil)
	e.opt.Observe(Event{Kind: EventParked, Account: p.Account, Until: p.Until, Text: why})
	if e.opt.StopOnThrottle {
		e.halt(&ThrottledError{p.Account, p.Until})
	}
}
