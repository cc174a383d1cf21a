package fleet

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"time"

	"adferry/jobs/board"
	"adferry/jobs/credentials"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/store"
)

// Options say what a worker works with.
type Options struct {
	Board  board.Board
	Dealer Dealer
	Worker board.Worker // but for its name, its labels and when it was seen

	// Jobs visits all jobs of the database, to read them.
	Jobs func(ctx context.Context, visit func(name string, job *store.Job) error) error
	// Fits returns why a job cannot be carried out here, or nil, apart from what [Fit] says.
	Fits        func(store.Meta) error
	Credentials *credentials.Set
	// Setup is what a job's engine works with. An error is why it cannot be carried out here, unless it
	// is Lost.
	Setup func(ctx context.Context, name string, job *store.Job, meta store.Meta) (Setup, error)
	// Record keeps how a job ended, nil if all of it is settled, or why it was paused.
	Record func(ctx context.Context, job *store.Job, why error) error
	// Lost reports whether an error means that the connection to the database was lost.
	Lost func(error) bool

	Observe func(Event) // is called by several goroutines
}

// Setup is what an engine works with, until Close.
type Setup struct {
	API    dispatch.API
	Engine engine.Options
	Pace   store.Pace
	Close  func()
}

// Times of a worker.
const (
	renewEvery = 5 * time.Second // several times within a lease
	sweepEvery = 5 * time.Second
	joinEvery  = 2 * time.Second  // until the database is back
	stepTime   = 10 * time.Second // that the database may take for one step
	sweepTime  = 30 * time.Second // ... and for all steps of a sweep
	openTime   = 10 * time.Minute // ... to open a job, which is compared with all others
	setUpTime  = 2 * time.Minute  // that setting a job up may take, while no other job is opened
	idleTime   = time.Minute      // until a job without lanes here is closed
	leaveTime  = 90 * time.Second // that requests in flight and files may take to end when the worker leaves, or was cut off
)

// Run works until ctx ends, and then gives all lanes back and leaves: it returns nil. When its
// lease or the database was lost, it joins again under another name. An error is why it cannot
// join.
func Run(ctx context.Context, o Options) error {
	for joined := false; ; {
		s, err := join(ctx, o)
		switch {
		case err == nil:
			joined = true
			s.run(ctx)
		case ctx.Err() == nil && !(joined && o.Lost(err)):
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(joinEvery):
		}
	}
}

// session is a worker from when it joined until it leaves, or is cut off.
type session struct {
	opt    Options
	name   string
	member board.Member
	hand   Hand
	ctx    context.Context // ends when the worker is cut off
	cutOff context.CancelCauseFunc

	engines context.Context // of the engines: what is in flight is aborted when it ends
	abort   context.CancelCauseFunc

	left  chan struct{} // closed when the worker begins to leave
	tasks sync.WaitGroup

	opening  chan struct{} // holds one while a job is opened: one is at a time
	mu       sync.Mutex
	jobs     map[string]*job
	offers   map[string]parts   // jobs that this worker could carry out lanes of
	decks    []Deck             // of the offers, that this worker is able to carry out
	refused  map[string]refusal // jobs that this worker leaves alone for a time
	opened   oneEach            // jobs that are being opened
	finished oneEach            // jobs whose end is being recorded
	toldWhy  map[string]string  // why jobs are not carried out here, as it was told
	unfit    map[string]string  // ... as other workers know; of the sweep alone
	unswept  bool               // the latest sweep failed; of the sweep alone

	watching sync.Mutex // Hand.Watch is called by one at a time

	labels map[string]laneLabels // of jobs; the sweep's alone
}

// join makes the worker known and has slices dealt to it.
func join(ctx context.Context, o Options) (*session, error) {
	s := &session{opt: o, name: newName(o.Worker.Host), left: make(chan struct{}), opening: make(chan struct{}, 1),
		jobs: map[string]*job{}, offers: map[string]parts{}, refused: map[string]refusal{}, toldWhy: map[string]string{}, labels: map[string]laneLabels{}}
	o.Worker.Labels = o.Credentials.Present()
	s.opt.Worker = o.Worker
	w := o.Worker
	w.Name = s.name
	var err error
	if s.member, err = o.Board.Join(ctx, w); err != nil {
		return nil, err
	}
	s.ctx, s.cutOff = context.WithCancelCause(context.WithoutCancel(ctx))
	s.engines, s.abort = context.WithCancelCause(context.WithoutCancel(ctx))
	if s.hand, err = o.Dealer.Join(ctx, s.name, s.work); err != nil {
		s.cutOff(err)
		return nil, errors.Join(err, s.member.Leave(context.WithoutCancel(ctx)))
	}
	s.tell(Event{Kind: Joined, Worker: s.name})
	return s, nil
}

// newName is a name that no other worker has, and that may be in the name of a queue.
func newName(host string) string {
	host = strings.Trim(noNames.ReplaceAllString(strings.ToLower(host), "-"), "-")
	if len(host) > 30 {
		host = strings.Trim(host[:30], "-")
	}
	if host == "" {
		host = "worker"
	}
	return fmt.Sprintf("%s-%08x", host, rand.Uint32())
}

var noNames = regexp.MustCompile(`[^a-z0-9]+`)

// run works until ctx ends or the worker is cut off.
func (s *session) run(ctx context.Context) {
	defer s.member.Close()
	defer s.abort(nil)
	s.tasks.Go(func() { s.every(renewEvery, stepTime, nil, s.member.Renew) }) // also while it leaves
	s.tasks.Go(func() { s.every(sweepEvery, sweepTime, s.left, s.sweepIfPossible) })
	select {
	case <-ctx.Done():
		s.leave()
	case <-s.ctx.Done():
		s.abandon()
	}
}

// every does something at once and then again and again, until it is stopped or the worker is cut
// off, which it is if that fails or takes longer than most.
func (s *session) every(pause, most time.Duration, stop <-chan struct{}, do func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		ctx, cancel := context.WithTimeout(s.ctx, most)
		err := do(ctx)
		cancel()
		if err != nil {
			s.fail(err)
			return
		}
		select {
		case <-s.ctx.Done():
			return
		case <-stop:
			return
		case <-tick.C:
		}
	}
}

func (s *session) tell(e Event) {
	if s.opt.Observe != nil {
		s.opt.Observe(e)
	}
}

// fail cuts the worker off: others may have its lanes.
func (s *session) fail(err error) { s.cutOff(err) }

// leaving reports whether the worker is to begin nothing more.
func (s *session) leaving() bool {
	select {
	case <-s.left:
		return true
	case <-s.ctx.Done():
		return true
	default:
		return false
	}
}

// leave gives all lanes back and ends the lease.
func (s *session) leave() {
	close(s.left)
	ctx, cancel := context.WithTimeout(s.ctx, stepTime)
	defer cancel()
	if err := s.hand.Stop(ctx); err != nil {
		s.fail(err)
	}
	s.closeAll()
	if s.ctx.Err() == nil {
		if err := s.member.Leave(s.ctx); err != nil {
			s.fail(err)
		}
	}
	if why := context.Cause(s.ctx); why != nil {
		s.tell(Event{Kind: Lost, Worker: s.name, Err: why})
	} else {
		s.tell(Event{Kind: Left, Worker: s.name})
	}
	s.cutOff(nil)
	s.tasks.Wait()
}

// errTooLong is why a worker that leaves does not give its lanes back, which others have once its lease
// is over.
var errTooLong = errors.New("what was in flight, or the file system, took too long to end")

// closeAll closes all jobs, also one that is being opened.
func (s *session) closeAll() {
	late := time.AfterFunc(leaveTime, func() {
		s.fail(errTooLong)
		s.abort(errTooLong)
	})
	defer late.Stop()
	s.opening <- struct{}{}
	defer func() { <-s.opening }()
	var closing sync.WaitGroup
	for _, j := range s.openJobs() {
		closing.Go(func() { s.close(j, false) })
	}
	closing.Wait()
}

// abandon ends all work of a worker that was cut off, and gives nothing back: what it would write
// may be another's by now.
func (s *session) abandon() {
	s.tell(Event{Kind: Lost, Worker: s.name, Err: context.Cause(s.ctx)})
	for _, j := range s.openJobs() {
		j.engine.Stop(context.Cause(s.ctx))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), stepTime)
	defer cancel()
	_ = s.hand.Stop(ctx)
	s.closeAll()
	s.tasks.Wait()
}
