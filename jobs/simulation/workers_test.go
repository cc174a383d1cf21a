package simulation_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/board/boardtest"
	"adferry/jobs/campaign"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/quota"
	"adferry/jobs/store"
	"adferry/plan"
)

var (
	fleetSeeds = flag.Int("sim.fleet", 0, "how many worlds TestWorkers plays; 0: as many of 300 as its budget allows")
	fleetFirst = flag.Uint64("sim.fleet.first", 1, "the first of their seeds")
	fleetSeed  = flag.Uint64("sim.fleet.seed", 0, "play the world of this seed alone")
)

// Worlds of workers that once failed, beyond those that are always played.
var workersRegressions = []uint64{
	78,  // a token that was refused stayed so for the worker that took its lane anew
	217, // an account that was given up stayed so for the worker that took it anew
	300, // a lane that was taken over had a second probe beside the first
}

// TestWorkers plays jobs that several workers carry out together, in the worlds of TestSimulation.
// A seeded dealer deals lanes in place of River: workers join and leave, die, and are stopped for
// longer than their lease and go on; lanes move.
func TestWorkers(t *testing.T) {
	const least, most = 10, 300
	worlds := campaign.Start(t, campaign.Workers)
	seeds := slices.Clone(workersRegressions)
	for i := range cmp.Or(*fleetSeeds, most) {
		seeds = append(seeds, *fleetFirst+uint64(i))
	}
	if *fleetSeed != 0 {
		seeds = []uint64{*fleetSeed}
	}
	for i, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if *fleetSeeds == 0 && i >= len(workersRegressions)+least {
				worlds.Case(t)
			}
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				sc := newScenario(seed)
				if l := &sc.server.Limits; l.HourlyCalls > 0 {
					l.HourlyCalls = max(l.HourlyCalls, leastHourly)
				}
				s := newSim(t, sc, dir)
				newDealer(s).play()
				s.judge()
				s.report()
			})
		})
	}
}

// leastHourly is the least limit of calls an hour that ad accounts have here, half of what Limited
// access documents. Where no header tells a limit, each worker learns it by itself, and of a few
// calls an hour that takes so many that what they read grows old before a write fits.
const leastHourly = 150

// dealer deals the lanes of a job to workers.
type dealer struct {
	*sim
	dice    dice
	stored  *store.Job
	board   *boardtest.Memory
	workers []*worker
	joined  int
	trouble int // how many more workers die, stop, leave or join, and lanes move
}

// worker is a process with lanes of the job.
type worker struct {
	name    string
	member  board.Member
	job     board.Job
	engine  *engine.Engine
	wire    *wire
	ended   chan error
	lanes   map[plan.Account]bool
	took    bool // it has, or had, a lane
	stopped stop

	wasStopped bool // at any time
}

// inOrder are the worker's lanes in order, so that a seed deals alike.
func (w *worker) inOrder() []plan.Account { return slices.Sorted(maps.Keys(w.lanes)) }

// live renews the worker's lease until it ends, unless it is stopped meanwhile.
func (w *worker) live(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Second):
		}
		w.stopped.wait()
		if err := w.member.Renew(ctx); err != nil && ctx.Err() == nil {
			w.engine.Stop(err)
			return
		}
	}
}

// stop is when a process is stopped until: whatever it does waits.
type stop struct {
	mu    sync.Mutex
	began time.Time
	until time.Time
}

// before is when a request that left at a time may have passed the gates: before the process was
// stopped, if it went on shortly before that time.
func (s *stop) before(at time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.Before(s.until) || at.After(s.until.Add(soonAfter)) {
		return at
	}
	return s.began
}

// soonAfter is how long after its process went on a request leaves at most that was on its way: the
// board and the disk are asked before.
const soonAfter = 5 * time.Second

func (s *stop) wait() {
	s.mu.Lock()
	left := time.Until(s.until)
	s.mu.Unlock()
	if left > 0 {
		time.Sleep(left)
		s.wait() // it may have been stopped again
	}
}

func (s *stop) set(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !time.Now().Before(s.until) {
		s.began = time.Now()
	}
	s.until = until
}

func (s *stop) now() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.until)
}

// stoppable is a job of the board as a process has it that may be stopped before and after
// whatever it asks.
type stoppable struct {
	board.Job
	stop *stop
	wire *wire
}

func (j stoppable) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	j.stop.wait()
	defer j.stop.wait()
	return j.Job.Commit(ctx, c)
}

func (j stoppable) Claim(ctx context.Context, c jobs.Claim) ([]jobs.Operation, error) {
	defer j.stop.wait()
	return j.Job.Claim(ctx, c)
}

func (j stoppable) Load(ctx context.Context, ids []plan.OpID) ([]jobs.Operation, error) {
	defer j.stop.wait()
	return j.Job.Load(ctx, ids)
}

func (j stoppable) Depart(ctx context.Context, d jobs.Departure) (jobs.Leave, error) {
	j.stop.wait()
	l, err := j.Job.Depart(ctx, d)
	j.stop.wait()
	j.wire.toldOfApps(l.News.Apps)
	return l, err
}

// stoppableAPI is the API as such a process has it.
type stoppableAPI struct{ wire *wire }

func (a stoppableAPI) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	a.wire.stop.wait()
	if late := slices.ContainsFunc(calls, func(c graph.Call) bool { return !c.ConnectBy.IsZero() && !time.Now().Before(c.ConnectBy) }); !late {
		return a.wire.Do(ctx, calls)
	}
	replies := a.wire.api.Do(ctx, calls) // which sends nothing any more
	for i, r := range replies {
		if r.Err == nil || r.Err.Class != graph.Unreachable {
			a.wire.sim.mu.Lock()
			a.wire.sim.fault("%s of %s in %s left after it was to be connected: %+v", calls[i].Action, calls[i].Hash, calls[i].Account, r)
			a.wire.sim.mu.Unlock()
		}
	}
	return replies
}

func newDealer(s *sim) *dealer {
	stored, err := store.Open(context.Background(), s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := boardtest.New(context.Background(), map[string]*store.Job{"job": stored})
	if err != nil {
		s.t.Fatal(err)
	}
	d := &dealer{sim: s, dice: dice{rand.New(rand.NewPCG(s.seed, 0xf1))}, stored: stored, board: b}
	d.trouble = d.dice.between(0, 30)
	return d
}

// play has workers carry out the job until it is finished.
func (d *dealer) play() {
	defer d.meddle()()
	for range d.dice.between(1, 4) {
		d.join()
	}
	tick, sent := time.Second, 0
	for began := time.Now(); ; {
		time.Sleep(tick)
		d.reap()
		left, err := d.stored.Unfinished(context.Background())
		if err != nil {
			d.t.Fatal(err)
		}
		switch {
		case !left:
			d.end()
			return
		case d.trouble > 0 && d.dice.chance(0.2):
			if d.trouble--; d.trouble == 0 {
				d.server.ClearFaults()
				d.net.setOutages(false)
			}
			d.disturb()
		case time.Since(began) > 10*24*time.Hour:
			var lanes []string
			for _, w := range d.workers {
				for _, a := range w.inOrder() {
					lanes = append(lanes, fmt.Sprintf("%s has %s: %+v", w.name, a, w.engine.Progress(a)))
				}
			}
			d.mu.Lock()
			d.fault("the job does not come to its end: %s", strings.Join(lanes, "; "))
			d.mu.Unlock()
			d.end()
			return
		}
		if len(d.workers) == 0 {
			d.join()
		}
		d.deal()
		if now := d.sentSoFar(); now == sent && d.trouble == 0 { // nothing goes on: the steps may be longer
			tick = min(2*tick, 20*time.Second)
		} else {
			tick, sent = time.Second, now
		}
	}
}

func (d *dealer) sentBy(w *worker) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return w.wire.count
}

func (d *dealer) sentSoFar() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, w := range d.workers {
		n += w.wire.count
	}
	return n
}

// join starts a worker.
func (d *dealer) join() {
	d.joined++
	d.living = d.joined
	ctx, cancel := context.WithCancelCause(context.Background())
	l := d.quiet(d.dice)
	x := &worker{name: fmt.Sprint("worker", d.joined), ended: make(chan error, 1), lanes: map[plan.Account]bool{}}
	w := &wire{sim: d.sim, living: d.joined, cancel: cancel, life: l, to: jobs.Steering{Workers: l.options.Workers}, gates: map[plan.Account]*gate{}, shut: map[plan.Account]time.Time{}, reads: map[place]reading{}, seen: map[place]time.Time{}, trail: trail{began: d.began}}
	w.api = d.connect(w)
	x.wire, w.stop = w, &x.stopped
	member, err := d.board.Join(ctx, board.Worker{Name: x.name})
	if err == nil {
		x.member = member
		x.job, err = member.Open(ctx, "job")
	}
	if err != nil {
		d.t.Fatal(err)
	}
	job := stoppable{x.job, &x.stopped, w}
	w.disk = &frail{Checkpoint: job, onset: func() {}, slow: d.slow, dice: dice{rand.New(rand.NewPCG(d.seed, uint64(d.joined)))}, meant: map[plan.OpID]time.Time{}}
	if len(d.logins) > 0 {
		l.options.Credential = d.login
	}
	if d.keeps {
		l.options.Backup = &simBackup{d.sim, dice{rand.New(rand.NewPCG(d.seed, 0xba))}}
	}
	if l.options.Rules.Mode != quota.Off {
		l.options.Rules.Share = d.share
	}
	l.options.Sharing = job
	l.options.Audit, l.options.Observe = true, func(e jobs.Event) {
		if e.Text == dispatch.NotWoken { // the next slice wakes the lane, at the latest 20 s later
			d.t.Log(e.Text)
		}
		if e.Kind == jobs.EventParked || e.Kind == jobs.EventResumed {
			d.mu.Lock()
			defer d.mu.Unlock()
			w.trail.add(step{account: e.Account, event: &e})
			if g := w.gates[e.Account]; e.Kind == jobs.EventParked && (g == nil || e.Until.After(g.until)) { // another worker was told
				now := time.Now()
				w.shut[e.Account] = now
				w.gates[e.Account] = &gate{until: e.Until, since: now, heard: true, why: e.Text}
			}
		}
	}
	x.engine = engine.New(stoppableAPI{w}, w.disk, l.options)
	go x.live(ctx)
	go func() {
		err := x.engine.Run(ctx)
		cancel(nil)
		x.ended <- err
	}()
	d.workers = append(d.workers, x)
	d.ends = append(d.ends, fmt.Sprintf("%s joined after %v: %+v", x.name, time.Since(d.began), l.options))
}

// inherits gives a worker that has sent nothing yet what the checkpoint has of waits. What was
// learned of a quota says more of an ad account's wait that nobody imposed; the app's one is taken
// over with the first lane alone.
func (d *dealer) inherits(w *wire, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(w.gates)
	d.remember(w)
	for a := range w.gates {
		if (a != "" || !first) && !d.imposed(a) {
			delete(w.gates, a)
		}
	}
}

// imposed reports whether the checkpoint has a wait of an ad account that the API imposed.
func (d *dealer) imposed(a plan.Account) bool {
	standing, err := d.view.Resume(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return slices.ContainsFunc(standing.Lanes, func(l jobs.LaneState) bool { return l.Account == a && l.Imposed })
}

// alive are the workers that are not stopped.
func (d *dealer) alive() (all []*worker) {
	for _, w := range d.workers {
		if !w.stopped.now() {
			all = append(all, w)
		}
	}
	return all
}

// reap takes note of the workers that ended.
func (d *dealer) reap() {
	d.workers = slices.DeleteFunc(d.workers, func(w *worker) bool {
		select {
		case err := <-w.ended:
			d.ended(w, err)
			return true
		default:
			return false
		}
	})
}

// ended notes how a worker ended, and whether it may.
func (d *dealer) ended(w *worker, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ends = append(d.ends, fmt.Sprintf("%s ended after %v: %v", w.name, time.Since(d.began), err))
	switch {
	case w.wire.gone, errors.Is(err, board.ErrLeaseLost), errors.Is(err, jobs.ErrInterrupted), errors.Is(err, engine.ErrLate) && w.wasStopped,
		errors.As(err, new(*jobs.OfflineError)) && (d.outages || d.plays(lostFaults...)),
		errors.As(err, new(*jobs.RefusedError)) && (d.plays("3", "2500") || d.plays("190/463", "10", "102")):
	default:
		d.fault("%s ended with %v%s", w.name, err, w.wire.trail.of(""))
	}
}

// disturb has something happen to a worker.
func (d *dealer) disturb() {
	alive := d.alive()
	if len(alive) == 0 {
		return
	}
	w := pick(d.dice, alive...)
	d.ends = append(d.ends, fmt.Sprintf("something happens to %s after %v", w.name, time.Since(d.began)))
	switch d.dice.IntN(6) {
	case 0: // it dies
		d.mu.Lock()
		w.wire.gone = true
		d.mu.Unlock()
		w.wire.cancel(errGone)
	case 1, 2: // it is stopped, perhaps for longer than its lease
		w.stopped.set(time.Now().Add(d.dice.span(time.Second, 3*time.Minute)))
		w.wasStopped = true
	case 3:
		d.leave(w)
	case 4:
		if len(d.workers) < 5 {
			d.join()
		}
	case 5: // a lane moves
		if lanes := w.inOrder(); len(lanes) > 0 && w.engine.Give(context.Background(), lanes[0]) == nil {
			d.give(w, lanes[0])
		}
	}
}

// leave has a worker give back its lanes and end.
func (d *dealer) leave(w *worker) {
	for _, a := range w.inOrder() {
		if w.engine.Give(context.Background(), a) == nil {
			d.give(w, a)
		}
	}
	w.engine.Stop(jobs.ErrInterrupted)
	d.ended(w, <-w.ended)
	_ = w.member.Leave(context.Background())
	d.workers = slices.DeleteFunc(d.workers, func(x *worker) bool { return x == w })
}

// give gives a lane back that an engine has forgotten.
func (d *dealer) give(w *worker, a plan.Account) {
	d.save(w)
	if err := w.job.Give(context.Background(), a); err != nil {
		d.t.Fatal(err)
	}
	delete(w.lanes, a)
}

func (d *dealer) save(w *worker) {
	if err := w.job.SaveLearned(context.Background(), w.engine.Findings()); err != nil && !errors.Is(err, board.ErrLeaseLost) {
		d.t.Fatal(err)
	}
}

// deal has every worker do what it does every second, and deals the lanes that nobody has.
func (d *dealer) deal() {
	ctx := context.Background()
	for _, w := range d.alive() {
		if _, err := w.member.Bury(ctx); err != nil {
			d.t.Fatal(err)
		}
		d.save(w)
		if n, err := w.job.News(ctx); err == nil {
			w.wire.toldOfApps(n.Apps)
			w.engine.Hear(n)
		}
		for _, a := range w.inOrder() {
			if p := w.engine.Progress(a); p.Deferred && (p.Empty || p.Idle) && w.engine.Give(ctx, a) == nil { // for a later run
				d.give(w, a)
				continue
			}
			w.engine.Work(a, !d.dice.chance(0.1))
		}
	}
	holds, err := d.board.Holds(ctx, "job")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, h := range holds {
		alive := d.alive()
		if h.Worker != "" && !d.dice.chance(0.02) || len(alive) == 0 { // now and then a slice is dealt twice
			continue
		}
		w := pick(d.dice, alive...)
		if w.lanes[h.Lane] {
			continue
		}
		w.engine.Await(h.Lane)
		switch p, err := w.job.Take(ctx, h.Lane); {
		case errors.Is(err, board.ErrHeld), errors.Is(err, board.ErrLeaseLost):
			w.engine.Forgo(h.Lane)
		case err != nil:
			d.t.Fatal(err)
		default:
			if w.lanes[h.Lane] = true; d.sentBy(w) == 0 {
				d.inherits(w.wire, !w.took)
			}
			w.took = true
			w.engine.Take(p)
			w.engine.Work(h.Lane, true)
		}
	}
}

// end stops the workers that are left.
func (d *dealer) end() {
	for _, w := range d.workers {
		w.engine.Stop(jobs.ErrInterrupted)
		d.ended(w, <-w.ended)
	}
	if err := d.stored.Close(); err != nil {
		d.t.Fatal(err)
	}
}
