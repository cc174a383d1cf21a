package boardtest

import (
	"context"
	"maps"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// view is a job as one member has it.
type view struct {
	*store.Job
	board  *Memory
	job    *job
	member *member
	told   int                  // entries of spent that it was told
	known  map[place]int        // ad accounts that it uses; entries before that one are in what it took over
	apps   map[string]time.Time // that it uses, and until when each has to wait as far as it was told
	wrote  map[plan.Account]jobs.LaneState
	tally  jobs.Tally // as it last wrote it
}

// Stored implements [board.Job].
func (v *view) Stored() *store.Job { return v.Job }

// Close implements [board.Job]. The job stays open: it is the board's.
func (v *view) Close() error { return nil }

// Commit implements [jobs.Checkpoint], with the lease as a condition.
func (v *view) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	if !v.member.alive() {
		return nil, board.ErrLeaseLost
	}
	for _, p := range c.Parks {
		v.job.imposed[p.Account] = p.Until
	}
	for _, p := range c.Apps {
		if v.apps[p.App] = later(v.apps[p.App], p.Until); p.Until.After(v.board.apps[p.App].Until) {
			v.board.apps[p.App] = p
		}
	}
	for _, d := range c.Answered {
		for at, out := range map[place]bool{{d.App, d.Account}: d.Probe, {d.App, ""}: d.AppProbe} {
			if out && v.board.probes[at].by == v {
				delete(v.board.probes, at)
			}
		}
	}
	c.Lanes = slices.Clone(c.Lanes)
	for i, s := range c.Lanes {
		c.Lanes[i] = v.job.states[s.Account].With(s, v.wrote[s.Account])
		v.wrote[s.Account], v.job.states[s.Account] = s, c.Lanes[i]
	}
	if c.Tally != nil {
		v.job.tally, v.tally = v.job.tally.With(*c.Tally, v.tally), *c.Tally
		c.Tally = &v.job.tally
	}
	if len(c.Records) > 0 {
		v.job.progress = nil
	}
	released, err := v.Job.Commit(ctx, c)
	own := released[:0]
	for _, r := range released {
		if l := v.job.lanes[r.Lane]; l != nil && l.by == v.member {
			own = append(own, r)
		} else {
			v.job.released[r.Lane] = append(v.job.released[r.Lane], r)
		}
	}
	return own, err
}

// Take implements [board.Job].
func (v *view) Take(ctx context.Context, a plan.Account) (p jobs.LanePoint, err error) {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	if !v.member.alive() {
		return p, board.ErrLeaseLost
	}
	if l := v.job.lanes[a]; l != nil && l.by != v.member && l.by.alive() {
		return p, board.ErrHeld
	}
	s, err := v.Resume(ctx)
	if err != nil {
		return p, err
	}
	v.job.lanes[a] = &lane{by: v.member, Hold: board.Hold{Lane: a, Worker: v.member.info.Name, Since: time.Now()}}
	delete(v.job.released, a)
	p = jobs.LanePoint{Account: a, HeadersSent: v.job.tally.HeadersSent, Progress: jobs.Progress{Operations: s.Operations, Settled: s.Settled, Failed: s.Failed}, Failing: slices.Sorted(maps.Keys(v.job.failing))}
	if p.Deletes, err = v.DeletesLeft(ctx, a); err != nil {
		return p, err
	}
	p.States = s.Lanes
	p.Waiting = slices.DeleteFunc(s.Waiting, func(r jobs.Released) bool { return r.Lane != a })
	for at, saved := range v.board.saved {
		if _, known := v.known[at]; known && at.account != a {
			continue // it is told of those
		}
		v.known[at] = len(v.board.spent)
		p.Quotas = append(p.Quotas, jobs.QuotaState{App: at.app, Account: at.account, Saved: saved.bytes})
		for _, e := range v.board.spent[saved.after:] {
			if e.App == at.app && e.Account == at.account {
				p.Spent = append(p.Spent, e.Spent)
			}
		}
	}
	return p, nil
}

// Waiting implements [board.Job].
func (v *view) Waiting(ctx context.Context, a plan.Account) ([]jobs.Released, error) {
	s, err := v.Resume(ctx)
	return slices.DeleteFunc(s.Waiting, func(r jobs.Released) bool { return r.Lane != a }), err
}

// Give implements [board.Job].
func (v *view) Give(_ context.Context, a plan.Account) error {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	if l := v.job.lanes[a]; l != nil && l.by == v.member {
		delete(v.job.lanes, a)
	}
	return nil
}

// Waits implements [board.Job].
func (v *view) Waits(_ context.Context, a plan.Account, why string, until time.Time) error {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	if l := v.job.lanes[a]; l != nil && l.by == v.member {
		l.Why, l.Until = why, until
	}
	return nil
}

// Depart implements [jobs.Sharing].
func (v *view) Depart(_ context.Context, d jobs.Departure) (jobs.Clearance, error) {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	now := time.Now()
	if !v.member.alive() {
		return jobs.Clearance{}, board.ErrLeaseLost
	}
	if _, ok := v.known[place{d.App, d.Account}]; !ok {
		v.known[place{d.App, d.Account}] = 0
	}
	if _, ok := v.apps[d.App]; !ok {
		v.apps[d.App] = time.Time{}
	}
	cleared := jobs.Clearance{Until: now.Add(jobs.LatestDeparture), News: jobs.News{Spent: v.spent(), Lanes: v.parked(now, d.Account), Apps: v.appParks(now)}}
	closed := v.board.apps[d.App].Until
	for _, l := range cleared.News.Lanes {
		closed = later(closed, l.ParkedUntil)
	}
	if closed.After(now) && d.Account != "" {
		cleared.Again = closed
		return cleared, nil
	}
	var used jobs.Spent
	appCalls := 0
	for _, s := range cleared.News.Spent {
		if s.App == d.App {
			appCalls += s.Calls
			if s.Account == d.Account {
				used.Calls, used.Points = used.Calls+s.Calls, used.Points+s.Points
			}
		}
	}
	over := func(used, room int) bool { return room >= 0 && used > room }
	if over(used.Calls, d.Room.Calls) || over(used.Points, d.Room.Points) || over(appCalls, d.Room.AppCalls) {
		return cleared, nil
	}
	var probes []place
	if d.Probe {
		probes = append(probes, place{d.App, d.Account})
	}
	if d.AppProbe {
		probes = append(probes, place{d.App, ""})
	}
	for _, at := range probes {
		if p := v.board.probes[at]; p.by != nil && p.by != v && now.Before(p.until) && p.by.member.alive() {
			cleared.Again = now.Add(time.Second)
			return cleared, nil
		}
	}
	for _, at := range []place{{d.App, d.Account}, {d.App, ""}} { // a call that is no probe shows that the last one is over
		if v.board.probes[at].by == v {
			delete(v.board.probes, at)
		}
	}
	for _, at := range probes {
		v.board.probes[at] = probe{v, now.Add(probeTime)}
	}
	cleared.May = true
	v.board.spent = append(v.board.spent, entry{jobs.Spent{App: d.App, Account: d.Account, At: now, Calls: d.Calls, Points: d.Points}, v})
	v.told = len(v.board.spent)
	return cleared, nil
}

// spent is what others spent that this view was not told.
func (v *view) spent() (all []jobs.Spent) {
	for i, e := range v.board.spent[v.told:] {
		if e.by == v {
			continue
		}
		if v.told+i < v.known[place{e.App, e.Account}] {
			e.Account, e.Points = "", 0 // the app's calls are not among what it knows
		}
		all = append(all, e.Spent)
	}
	v.told = len(v.board.spent)
	return all
}

// News implements [board.Job].
func (v *view) News(ctx context.Context) (n jobs.News, err error) {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	if !v.member.alive() {
		return n, board.ErrLeaseLost
	}
	n.Spent, n.Failing = v.spent(), slices.Sorted(maps.Keys(v.job.failing))
	n.Apps = v.appParks(time.Now())
	for a := range v.job.states {
		n.Lanes = append(n.Lanes, v.parked(time.Now(), a)...)
	}
	for a, released := range v.job.released {
		if l := v.job.lanes[a]; l != nil && l.by == v.member {
			n.Released = append(n.Released, released...)
			delete(v.job.released, a)
		}
	}
	if v.job.progress == nil {
		s, err := v.Resume(ctx)
		if err != nil {
			return n, err
		}
		v.job.progress = &jobs.Progress{Operations: s.Operations, Settled: s.Settled, Failed: s.Failed}
	}
	n.Progress = v.job.progress
	return n, nil
}

// parked is the wait that the API imposed on an ad account.
func (v *view) parked(now time.Time, a plan.Account) []jobs.LaneState {
	if s := v.job.states[a]; a != "" && s.ParkedUntil.After(now) && s.ParkedUntil.Equal(v.job.imposed[a]) {
		s.Imposed = true
		return []jobs.LaneState{s}
	}
	return nil
}

// appParks are waits of the apps that this view uses, and that it does not know.
func (v *view) appParks(now time.Time) (all []jobs.AppPark) {
	for app, known := range v.apps {
		if p := v.board.apps[app]; p.Until.After(now) && p.Until.After(known) {
			v.apps[app] = p.Until
			all = append(all, p)
		}
	}
	return all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// SaveLearned implements [board.Job].
func (v *view) SaveLearned(_ context.Context, l jobs.Learned) error {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	if !v.member.alive() {
		return board.ErrLeaseLost
	}
	for _, q := range l.Quotas {
		if at := (place{q.App, q.Account}); v.told >= v.board.saved[at].after { // else one saved it that was told more
			v.board.saved[at] = saved{q.Saved, v.told}
		}
	}
	for a, fail := range l.Failing {
		if delete(v.job.failing, a); fail {
			v.job.failing[a] = true
		}
	}
	return nil
}
