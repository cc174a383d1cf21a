package jobs

import (
	"time"

	"adferry/graph"
)

// park notes a throttle of a lane, whose gate was closed until before.
func (e *Engine) park(l *lane, err *graph.Error, before time.Time, write bool, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	if overAll(err) {
		for _, other := range e.order {
			other.quota = other.quota.Heed(l.quota)
		}
	}
	if err.Class == graph.MaybeThrottled && l.quota.Block.Until.After(before) {
		l.maybeWrite = write
		// Who only asks what would be done wants to know what is so now.
		if l.maybe++; l.maybe > mostMaybe || e.opt.ReadOnly {
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

// parkApp notes a throttle of all lanes, whose gate was closed until before.
func (e *Engine) parkApp(err *graph.Error, before time.Time, l *lane, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
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
