package simulation_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/campaign"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
	"adferry/jobs/store"
	"adferry/plan"
)

var (
	simSeeds = flag.Int("sim.seeds", 0, "how many worlds TestSimulation plays; 0: as many of 300 as its budget allows")
	simFirst = flag.Uint64("sim.first", 1, "the first of their seeds")
	simSeed  = flag.Uint64("sim.seed", 0, "play the world of this seed alone")
)

// Worlds that once failed, beyond those that are always played.
var simRegressions = []uint64{
	43,   // a throttled account's empty list was taken for proof
	179,  // a parked lane's looks woke nobody; reads kept a closed account from being given up
	210,  // an account given up panicked on a read's retry, and failed rows by a throttle's name
	6226, // a write in two queues was sent again unread; lanes full of what cannot be read took nothing more
	8795, // an account that answers with empty lists for ever was believed in the end
	220,  // two waits of one lane were told in turns, for ever at one moment
	615,  // confirmations grew old faster than their deletes could leave, for ever
	663,  // a throttle in an answer that was mixed up was not heeded
}

// TestSimulation plays whole lives of jobs in worlds drawn from seeds: processes
// that crash, are stopped and lose their disk, against a server with every fault
// the sandbox knows, and holds each against the guarantees.
func TestSimulation(t *testing.T) {
	const least, most = 10, 300
	worlds := campaign.Start(t, campaign.Worlds)
	seeds := slices.Clone(simRegressions)
	for i := range cmp.Or(*simSeeds, most) {
		seeds = append(seeds, *simFirst+uint64(i))
	}
	if *simSeed != 0 {
		seeds = []uint64{*simSeed}
	}
	for i, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if *simSeeds == 0 && i >= len(simRegressions)+least {
				worlds.Case(t)
			}
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newSim(t, newScenario(seed), dir)
				s.play()
				s.judge()
				s.report()
			})
		})
	}
}

var errHung = errors.New("the engine waits for nothing")

// sim is a scenario being played.
type sim struct {
	*scenario
	t      *testing.T
	dir    string
	dice   dice
	began  time.Time
	server *sandbox.Server
	net    *network
	view   *store.Job
	ops    []plan.Op // by ID, from 1
	ends   []string
	living int

	mu    sync.Mutex
	sent  map[deed][]*writing
	tries map[deed]int
	// doubted were not in an answer to a process of a job that had seen no quota
	// header yet: it cannot tell an empty account from a throttled one.
	doubted map[place]bool
	kept    map[place]bool // by the backup
	changed []outside      // by others
	acts    []*time.Timer  // what they will do
	spite   dice           // of those who delete what was just seen
	faults  []string
}

func newSim(t *testing.T, sc *scenario, dir string) *sim {
	t.Helper()
	d := dice{rand.New(rand.NewPCG(sc.seed, 0x51))}
	time.Sleep(time.Duration(d.IntN(3600)) * time.Second) // limits may end with the clock's hour
	s := &sim{
		scenario: sc, t: t, dir: dir, dice: d, began: time.Now(), server: sandbox.New(sc.server), ops: make([]plan.Op, 1),
		sent: map[deed][]*writing{}, tries: map[deed]int{}, doubted: map[place]bool{},
		kept: map[place]bool{}, spite: dice{rand.New(rand.NewPCG(sc.seed, 0x5b))},
	}
	s.net = &network{server: sandbox.Transport(s.server), outages: sc.outages, dice: dice{rand.New(rand.NewPCG(sc.seed, 0x4e))}}
	for _, a := range sc.accounts {
		if !a.missing {
			s.server.AddAccount(a.id, a.options)
		}
	}
	for _, i := range sc.images {
		if !sc.account(i.account).missing {
			s.server.AddImage(i.account, i.Image)
		}
	}
	job, p, err := store.Create(context.Background(), dir, store.Spec{Manifest: "manifest.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(sc.manifest), visit)
		}})
	if err != nil {
		t.Fatal(err)
	}
	for o := range p.Ops() {
		s.ops = append(s.ops, o)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	if s.view, err = store.View(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.view.Close() })
	return s
}

// play runs the job in one process after another until it is finished.
func (s *sim) play() {
	defer s.meddle()()
	for _, l := range s.lives {
		s.living++
		if s.live(l) == nil {
			return
		}
		time.Sleep(l.rest)
	}
	s.server.ClearFaults()
	s.net.setOutages(false)
	for range 6 {
		s.living++
		if s.live(s.quiet(s.dice)) == nil {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault("the job does not come to its end")
}

// live runs one process.
func (s *sim) live(l life) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	job, err := store.Open(ctx, s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	defer job.Close()
	w := &wire{sim: s, living: s.living, cancel: cancel, life: l, to: jobs.Steering{Workers: l.options.Workers}, gates: map[plan.Account]*gate{}, shut: map[plan.Account]time.Time{}, reads: map[place]reading{}, seen: map[place]time.Time{}, stop: &stop{}, trail: trail{began: s.began}}
	w.api = s.connect(w)
	if len(s.logins) > 0 {
		l.options.Credential = s.login
	}
	w.disk = &frail{
		Checkpoint: job, written: l.written, err: errDiskFull, onset: func() {},
		slow: s.slow, dice: dice{rand.New(rand.NewPCG(s.seed, 0xd1))}, meant: map[plan.OpID]time.Time{},
	}
	if s.scenario.keeps {
		l.options.Backup = &simBackup{s, dice{rand.New(rand.NewPCG(s.seed, 0xba))}}
	}
	if l.options.Rules.Mode != quota.Off {
		l.options.Rules.Share = s.share
	}
	l.options.Audit, l.options.Observe = true, func(e jobs.Event) {
		if e.Text == dispatch.NotWoken {
			s.t.Error(e.Text)
		}
		if e.Kind == jobs.EventParked || e.Kind == jobs.EventResumed {
			s.mu.Lock()
			defer s.mu.Unlock()
			w.trail.add(step{account: e.Account, event: &e})
		}
	}
	e := engine.New(w, w.disk, l.options)
	for _, t := range s.turns {
		defer time.AfterFunc(t.at, func() { w.turn(e, t.to) }).Stop()
	}
	after := func(do func()) { s.t.Helper(); time.AfterFunc(l.after, do) }
	switch l.end {
	case endStop:
		after(func() { e.Stop(jobs.ErrInterrupted) })
	case endCancel:
		after(func() { cancel(errGone) })
	case endExpire:
		after(func() { s.server.Expire(w.token(s.login(plan.Account(s.accounts[0].id)))) })
	case endDiskFull:
		w.disk.at = l.commit
	case endCrash:
		w.disk.at, w.disk.err = l.commit, errGone
		w.disk.onset = func() {
			s.mu.Lock()
			w.gone = true
			s.mu.Unlock()
			cancel(errGone)
		}
	}
	s.remember(w)
	hung := time.AfterFunc(40*24*time.Hour, func() { cancel(errHung) }) // a bubble without timers would panic
	defer hung.Stop()
	err = e.Run(ctx)
	s.ends = append(s.ends, fmt.Sprintf("life %d ended after %v: %v (%+v)", s.living, time.Since(s.began), err, l))
	s.mu.Lock()
	defer s.mu.Unlock()
	if want := s.ending(l, w, err); want != "" {
		s.fault("it ended with %v, want %s%s", err, want, w.trail.of(""))
	}
	if w.disk.since().IsZero() {
		s.waits(w)
	}
	return err
}

// ending says what the process should have ended with, or "".
func (s *sim) ending(l life, w *wire, err error) string {
	struck := !w.disk.since().IsZero()
	switch {
	case l.end == endCrash && struck,
		errors.As(err, new(*jobs.CheckpointError)) && struck,
		err == nil && !struck,
		l.end == endStop && errors.Is(err, jobs.ErrInterrupted),
		l.end == endCancel && errors.Is(err, errGone),
		errors.As(err, new(*jobs.RefusedError)) && (l.end == endExpire || s.plays("190/463", "10", "102")),
		errors.As(err, new(*jobs.ThrottledError)) && (l.options.StopOnThrottle || l.options.MaxWait > 0),
		errors.Is(err, jobs.ErrDuration) && l.options.MaxDuration > 0,
		errors.As(err, new(*jobs.OfflineError)) && (s.outages || s.plays(lostFaults...)), // the neutral question may remain without an answer
		errors.As(err, new(*jobs.RefusedError)) && s.plays("3", "2500"),
		errors.Is(err, jobs.ErrUnsettled) && (s.plays(lostFaults...) || slices.ContainsFunc(s.accounts, func(a simAccount) bool { return s.refuses(a.id) }) || s.outages || s.blocks() || s.plays("empty_list") || s.deceives() || s.scenario.server.Variants.EmptyWhenThrottled || s.scenario.server.Variants.ReduceAbove > 0):
		return "" // also where the disk was full in the end
	}
	if struck {
		return "a CheckpointError"
	}
	return "what was done to it"
}

// remember gives a new process what the checkpoint has of the waits and headers
// that were seen before.
func (s *sim) remember(w *wire) {
	standing, err := s.view.Resume(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	w.told = standing.Tally.HeadersSent
	for _, l := range standing.Lanes {
		if !l.ParkedUntil.IsZero() {
			for _, name := range s.gatesOf(l.Account) {
				w.gates[name] = &gate{until: l.ParkedUntil}
			}
		}
	}
}

// waits checks that the waits of a process are in the checkpoint after its end.
// sim.mu is held.
func (s *sim) waits(w *wire) {
	standing, err := s.view.Resume(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	kept := map[plan.Account]time.Time{}
	for _, l := range standing.Lanes {
		kept[l.Account] = l.ParkedUntil
	}
	for a, g := range w.gates {
		for _, name := range s.keptAs(a) {
			until, known := kept[name]
			until = quota.Later(until, kept[""]) // that of a dead network is for all apps
			if (known || name == a) && g.until.After(time.Now()) && until.Before(g.until.Truncate(time.Millisecond)) {
				s.fault("%q was told to wait until %v, and the checkpoint has %v of %q%s", a, g.until, until, name, w.trail.of(a))
			}
		}
	}
}

// operations finds what each write is for, as the checkpoint has it. Reads, and
// writes that nothing asks for, have none.
func (s *sim) operations(calls []graph.Call) []jobs.Operation {
	var ids []plan.OpID
	for _, c := range calls {
		for _, o := range s.ops[1:] {
			if jobtest.Asks(o, c) && (string(o.Hash) == c.Hash || o.Needs) {
				ids = append(ids, o.ID)
			}
		}
	}
	loaded := s.load(ids)
	found := make([]jobs.Operation, len(calls))
	for i, c := range calls {
		for _, o := range loaded {
			if jobtest.Asks(o.Op, c) && string(sourceHash(o)) == c.Hash {
				found[i] = o
			}
		}
	}
	return found
}

func (s *sim) load(ids []plan.OpID) []jobs.Operation {
	all, err := s.view.Load(context.Background(), ids)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// sourceHash is the hash under which the operation's source has its image: in a
// chain, the one that the copy before it got, whatever became of that since.
func sourceHash(o jobs.Operation) plan.Hash {
	for _, n := range o.Needs {
		if n.Kind == plan.KindCopy && n.Target == o.Source && (n.Outcome.State.OK() || n.Outcome.Reason == jobs.CopyUnseen) && n.Outcome.TargetHash != "" {
			return n.Outcome.TargetHash
		}
	}
	return o.Hash
}

func (s *sim) name(o plan.Op) string {
	return fmt.Sprintf("%s %d (%s of %s to %q)", o.Kind, o.ID, o.Source, o.Hash[:6], o.Target)
}

// report prints the broken guarantees with all that led to them.
func (s *sim) report() {
	if len(s.faults) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d\n", s.seed)
	for _, f := range s.faults[:min(len(s.faults), 20)] {
		fmt.Fprintln(&b, f)
	}
	fmt.Fprintf(&b, "%d in all\n\nserver %+v\n", len(s.faults), s.scenario.server)
	for _, a := range s.accounts {
		fmt.Fprintf(&b, "account %+v\n", a)
	}
	for _, e := range s.ends {
		fmt.Fprintln(&b, e)
	}
	fmt.Fprintf(&b, "\n%s\n", s.manifest)
	for _, i := range s.images {
		fmt.Fprintf(&b, "%s had %+v\n", i.account, i.Image)
	}
	for _, c := range s.changed {
		fmt.Fprintf(&b, "%v somebody else changed %s in %s: present=%v\n", c.at.Sub(s.began), c.place.hash, c.place.account, c.present)
	}
	for _, e := range s.server.Log() {
		fmt.Fprintf(&b, "%v %s of %s in %s from %q gave %q, changed %v\n", e.Time.Sub(s.began), e.Kind, e.Hash, e.Account, e.Source, e.Result, e.Changed)
	}
	s.t.Error(b.String())
}
