package jobs

import (
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// park notes a throttle of a lane, whose gate was closed until before.
func (e *Engine) park(l *lane, err *graph.Error, before time.Time, write bool, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
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
	if !l.counted.Before(p.From) {
		p.From = l.counted // the wait grew
	}
	l.state.Parked, l.counted = l.state.Parked+p.Until.Sub(p.From), p.Until
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

// stands tells of a wait from before this process, once something is held back by
// it, and heeds StopOnThrottle if the API imposed it.
func (e *Engine) stands(l *lane, now time.Time) {
	for _, s := range []*standing{&l.standing, &e.standing} {
		if !s.until.After(now) {
			continue
		}
		e.opt.Observe(Event{Kind: EventParked, Account: s.account, Until: s.until, Text: s.why})
		if s.imposed && e.opt.StopOnThrottle {
			e.halt(&ThrottledError{s.account, s.until})
		}
		*s = standing{}
	}
}

// standing is a wait that an earlier process left behind, until it was told of.
type standing struct {
	account plan.Account
	until   time.Time
	why     string
	imposed bool
}

func standingOf(s LaneState) standing {
	return standing{s.Account, s.ParkedUntil, s.ParkedFor, s.Imposed}
}

// shownFrom is from when on a wait that nobody imposed is worth a disk write.
const shownFrom = 10 * time.Second

// waits notes that a lane keeps below its quota for a while: status tells, and
// after a restart, which forgets what was sent, it is a park.
func (e *Engine) waits(l *lane, c quota.Cost, at, now time.Time) {
	if at.Sub(now) < shownFrom || l.quota.Block.Closed(now) || at.Sub(l.state.ParkedUntil).Abs() < time.Second {
		return
	}
	why := "the calls of the app's hour are used up"
	if own := l.quota.Next(now, c, e.opt.Rules); !own.Before(at) {
		why = l.quota.Why(now, c, e.opt.Rules)
	}
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = at, why, true
	e.keeps = true
}
