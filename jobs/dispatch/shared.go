package dispatch

import (
	"errors"
	"fmt"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Several workers may carry out one job, each with lanes of its own and all of them reading in
// each other's ad accounts. So each request asks before it leaves (jobs.Sharing), and what others
// took from a quota, or were told of a wait, is heard here.

// NotYet is why a request did not leave: what other workers used leaves no room for it, or one of
// them sends the probe.
type NotYet struct{ Again time.Time } // when to ask again; zero: as the quotas say

func (e *NotYet) Error() string {
	if e.Again.IsZero() {
		return "other workers have used what the quota allows"
	}
	return fmt.Sprintf("another worker was told to wait, or sends the probe; asked again at %s", e.Again.UTC().Format(time.RFC3339))
}

// Departure is what the request asks other workers for.
func (r *Request) Departure() jobs.Departure { return r.departure }

// departureOf is the departure of a request that was charged.
func (d *Dispatcher) departureOf(r *Request, now time.Time) jobs.Departure {
	l := r.Lane
	dep := jobs.Departure{App: l.gate.key, Account: l.Account, Calls: len(r.Calls),
		Probe: l.Quota.Block.IsProbe(r.Left), AppProbe: l.gate.app.Block.IsProbe(r.Left)}
	for _, c := range r.Calls {
		dep.Points += costOf(c).Points
	}
	room := l.Quota.Room(now, d.opt.Rules)
	dep.Room = jobs.Room{Calls: room.Calls, Points: room.Points, AppCalls: l.gate.app.Room(now)}
	return dep
}

// neutralDeparture is that of the neutral question, which is sent alone and rarely: whatever others
// used, and also if one of them sends a probe.
func neutralDeparture(g *Gate) jobs.Departure {
	return jobs.Departure{App: g.key, Calls: 1, Points: quota.Read.Points, Room: jobs.Room{Calls: -1, Points: -1, AppCalls: -1}}
}

// uncharge takes back what was charged for a request that did not leave because of NotYet.
func (d *Dispatcher) uncharge(r *Request, why *NotYet, now time.Time) {
	l, g := r.Lane, r.Lane.gate
	for _, c := range r.Calls {
		l.Quota = l.Quota.Unspend(r.Left, now, costOf(c), d.opt.Rules)
	}
	g.app = g.app.Unspend(r.Left, now, len(r.Calls))
	l.notBefore = quota.Later(why.Again, now.Add(leastAgain))
}

// leastAgain is how long at least a lane waits whose request stayed: what others used may not have
// been heard yet.
const leastAgain = 10 * time.Millisecond

// notYet is the NotYet among the reasons why the calls of a request did not leave, or nil.
func notYet(res Result) *NotYet {
	for _, err := range res.Unsent {
		if why, ok := errors.AsType[*NotYet](err); ok {
			return why
		}
	}
	return nil
}

// Hear takes what other workers did. Of ad accounts that this one does not use it keeps nothing.
func (d *Dispatcher) Hear(n jobs.News, now time.Time) {
	d.hearSpent(n.Spent, now)
	for _, p := range n.Apps {
		d.hearAppPark(p, now)
	}
	for _, s := range n.Lanes {
		if !s.Imposed || !s.ParkedUntil.After(now) {
			continue
		}
		if l := d.lanes[s.Account]; l != nil && s.ParkedUntil.After(l.Quota.Block.Until) {
			l.Quota.Block = l.Quota.Block.Imposed(s.ParkedUntil, now)
			l.State.ParkedUntil, l.State.ParkedFor, l.waitReported = s.ParkedUntil, s.ParkedFor, false
			l.parkedCountedUntil = s.ParkedUntil
			d.Report(jobs.Event{Kind: jobs.EventParked, Account: s.Account, Until: s.ParkedUntil, Text: s.ParkedFor})
		}
	}
}

// hearAppPark takes a wait that the API imposed on another worker of an app.
func (d *Dispatcher) hearAppPark(p jobs.AppPark, now time.Time) {
	for _, g := range d.gates {
		if g.key != p.App || !p.Until.After(now) || !p.Until.After(g.app.Block.Until) {
			continue
		}
		g.app.Block = g.app.Block.Imposed(p.Until, now)
		if !d.severalApps() {
			g.state.ParkedUntil, g.state.ParkedFor, g.waitReported = p.Until, p.Why, true
			d.Report(jobs.Event{Kind: jobs.EventParked, Until: p.Until, Text: p.Why})
			continue
		}
		d.lanesOf(g, func(l *Lane) { // the worker that met it counts it
			if p.Until.After(l.State.ParkedUntil) {
				l.parkedByApp, l.waitReported = true, false
				l.State.ParkedUntil, l.State.ParkedFor, l.Dirty = p.Until, p.Why, true
				d.Report(jobs.Event{Kind: jobs.EventParked, Account: l.Account, Until: p.Until, Text: p.Why})
			}
		})
	}
}

func (d *Dispatcher) hearSpent(spent []jobs.Spent, now time.Time) {
	for _, s := range spent {
		for _, g := range d.gates {
			if g.key == s.App {
				g.app = g.app.SpentElsewhere(s.At, now, s.Calls)
			}
		}
		if l := d.lanes[s.Account]; l != nil {
			l.Quota = l.Quota.SpentElsewhere(s.At, now, quota.Cost{Calls: s.Calls, Points: s.Points}, d.opt.Rules)
			l.Wake() // the quota may allow more than it seemed: what exceeded our count was this
		}
	}
}

// Drain has nothing more sent. It belongs to the goroutine of Run.
func (d *Dispatcher) Drain() { d.draining = true }

// TakeOver takes over what other workers knew of ad accounts, which have their lanes.
func (d *Dispatcher) TakeOver(p jobs.LanePoint, now time.Time) {
	learned := map[plan.Account]bool{}
	for _, q := range p.Quotas {
		l := d.lanes[q.Account]
		if l == nil {
			continue
		}
		if saved, err := quota.LoadLane(q.Saved); err == nil { // else it is learned anew
			learned[q.Account] = true
			l.gate.pace = l.gate.pace.With(saved.Pace())
			saved.Block = stricter(l.Quota.Block, saved.Block, now)
			l.Quota = saved.WithInFlight(l.Quota)
		}
	}
	for _, s := range p.States {
		l := d.lanes[s.Account]
		switch {
		case s.Account == "" && d.earlier == nil:
			d.inheritApp(s, now)
		case s.Account == "":
			if s.Imposed && len(d.gates) == 1 { // its worker may have died before it told the others
				d.hearAppPark(jobs.AppPark{App: d.gates[0].key, Until: s.ParkedUntil, Why: s.ParkedFor}, now)
			}
		case l == nil || !learned[s.Account] && l.State.Calls > 0:
		case s.Imposed || !learned[s.Account]: // what was learned says more of a wait that nobody imposed
			d.takeOverState(l, s, now)
		}
	}
	for _, s := range p.Spent {
		if l := d.lanes[s.Account]; l != nil {
			l.Quota = l.Quota.SpentElsewhere(s.At, now, quota.Cost{Calls: s.Calls, Points: s.Points}, d.opt.Rules)
		}
	}
}

// takeOverState takes over a state, but keeps a wait of this worker's that ends later, and what it
// counted itself.
func (d *Dispatcher) takeOverState(l *Lane, s jobs.LaneState, now time.Time) {
	block, tier, own := l.Quota.Block, l.Quota.Tier, l.State
	d.Inherit(s, now)
	l.State.Calls, l.State.Throttles, l.State.Parked = own.Calls, own.Throttles, own.Parked
	l.State = laterPark(l.State, own)
	if tier != graph.TierUnknown {
		l.Quota.Tier = tier
	}
	l.Quota.Block = stricter(block, l.Quota.Block, now)
}

// inheritApp takes over what the checkpoint has of the app when this worker takes its first lane.
func (d *Dispatcher) inheritApp(s jobs.LaneState, now time.Time) {
	before := make([]Gate, len(d.gates))
	for i, g := range d.gates {
		before[i] = *g
	}
	d.Inherit(s, now)
	for i, g := range d.gates {
		g.app.Block = stricter(before[i].app.Block, g.app.Block, now)
		g.state = laterPark(g.state, before[i].state)
		g.waitReported = g.waitReported || before[i].waitReported
	}
}

// laterPark is a state with the wait of another one if that ends later.
func laterPark(s, other jobs.LaneState) jobs.LaneState {
	if other.ParkedUntil.After(s.ParkedUntil) {
		s.ParkedUntil, s.ParkedFor = other.ParkedUntil, other.ParkedFor
	}
	return s
}

// stricter is what is left of a block when another worker's is taken over: that one if it ends
// later than now and later than the own; else the own, if its probe is due or out.
func stricter(own, taken quota.Block, now time.Time) quota.Block {
	if taken.Closed(now) && taken.Until.After(own.Until) || !own.Probing() {
		return taken
	}
	return own
}

// Learnt is what was learned of ad accounts' quotas since the last call.
func (d *Dispatcher) Learnt() (all []jobs.QuotaState) {
	for _, l := range d.order {
		if l.learnt {
			l.learnt = false
			all = append(all, jobs.QuotaState{App: l.gate.key, Account: l.Account, Saved: l.Quota.Save()})
		}
	}
	return all
}

// noRoom is why a lane waits that no wait was reported of.
const noRoom = "quotas leave no room yet for what it has to send, here or in the ad accounts it reads"

// Rests reports whether nothing of the lane is on its way and it waits for its quota, the app's or a
// throttle until the given moment; why says for what.
func (l *Lane) Rests(now time.Time) (until time.Time, why string, rests bool) {
	g := l.gate
	if app := g.app.Next(now); l.inflight == 0 && app.Sub(now) >= time.Second && app.Before(quota.Never) {
		switch { // it holds what the lane has to send, and what it waits for in other ad accounts
		case l.State.ParkedUntil.After(now):
			return quota.Later(app, l.State.ParkedUntil), l.State.ParkedFor, true
		case g.state.ParkedUntil.After(now):
			return app, g.state.ParkedFor, true
		}
		return app, noRoom, true
	}
	if l.inflight > 0 || l.queued || l.index < 0 || !l.held || l.wake.Sub(now) < time.Second {
		return time.Time{}, "", false
	}
	switch {
	case l.State.ParkedUntil.After(now):
		why = l.State.ParkedFor
	case l.Quota.Next(now, quota.Write, l.d.opt.Rules).After(now):
		why = l.Quota.Why(now, quota.Write, l.d.opt.Rules)
	default:
		why = noRoom
	}
	return l.wake, why, true
}

// TellUnless is Tell, but returns false if ended is closed before.
func (d *Dispatcher) TellUnless(ended <-chan struct{}, do func()) bool {
	select {
	case d.mail.inbox <- do:
		return true
	case <-ended:
		return false
	}
}
