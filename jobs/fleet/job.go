package fleet

import (
	"context"
	"errors"
	"sync"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/control"
	"adferry/jobs/disk"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
)

// job is a job of which this worker carries out lanes.
type job struct {
	name    string
	board   board.Job
	setup   Setup
	engine  *engine.Engine
	ended   chan struct{} // the engine has
	closing bool          // no slice of it is begun any more; guarded by the session
	closed  chan struct{}
	users   sync.WaitGroup
	release func()

	mu     sync.Mutex
	lanes  map[plan.Account]*lane
	parts  parts     // how many lanes are to be this worker's at most
	unused time.Time // since when none is; zero: some are
}

// newsEvery is how often a worker asks what others did.
const newsEvery = time.Second

// start opens a job and has its engine run.
func (s *session) start(ctx context.Context, name string, p parts) error {
	b, err := s.member.Open(ctx, name)
	if err != nil {
		return err
	}
	j := &job{name: name, board: b, ended: make(chan struct{}), closed: make(chan struct{}), lanes: map[plan.Account]*lane{}, parts: p, unused: time.Now(), release: func() {}}
	if err := j.prepare(ctx, s); err != nil {
		j.release()
		return errors.Join(err, b.Close())
	}
	s.mu.Lock()
	s.jobs[j.name] = j
	s.mu.Unlock()
	s.tell(Event{Kind: JobOpened, Job: j.name})
	s.tasks.Go(func() {
		err := j.engine.Run(s.engines)
		close(j.ended)
		s.engineEnded(j, err)
	})
	s.tasks.Go(func() { s.hearNews(j) })
	return nil
}

// prepare makes the engine of a job, which goes on as people steer the job.
func (j *job) prepare(ctx context.Context, s *session) (err error) {
	stored := j.board.Stored()
	meta, err := stored.Meta(ctx)
	if err != nil {
		return err
	}
	if !meta.PausedAt.IsZero() { // since the sweep
		return errPaused
	}
	if err := seen(ctx, meta); err != nil { // since the sweep; setting up would make a folder that is not there
		return &unfitError{err}
	}
	switch j.setup, err = s.setUp(ctx, j.name, stored, meta); {
	case err != nil && s.opt.Lost(err):
		return err
	case err != nil:
		return &unfitError{err}
	}
	j.release = j.setup.Close
	if err := seen(ctx, meta); err != nil { // or it was set up with another folder
		return &unfitError{err}
	}
	if meta.Running.IsZero() || meta.ExitCode != nil {
		if err := stored.SetRunning(ctx, j.setup.Pace); err != nil {
			return err
		}
	}
	o := guard(j.setup.Engine, meta)
	o.Sharing = j.board
	j.engine = engine.New(j.setup.API, j.board, o)
	base := jobs.Steering{Workers: o.Workers, MaxRate: o.Rules.MaxRate}
	now := control.Effective(base, meta.Steering)
	if now != base {
		j.engine.Steer(now)
	}
	unfollow := control.Follow(context.WithoutCancel(ctx), stored, base, now, func(_, now jobs.Steering) { j.engine.Steer(now) })
	j.release = func() { unfollow(); j.setup.Close() }
	return nil
}

// setUp is Options.Setup for a job whose folders may hang from now on: then the worker waits neither to
// begin nor to end.
func (s *session) setUp(ctx context.Context, name string, stored *store.Job, meta store.Meta) (Setup, error) {
	ctx, cancel := context.WithTimeout(ctx, setUpTime)
	defer cancel()
	setup, err := disk.Within(ctx, func() (Setup, error) {
		made, err := s.opt.Setup(ctx, name, stored, meta)
		if err == nil && ctx.Err() != nil { // perhaps long ago
			made.Close()
			err = context.Cause(ctx)
		}
		return made, err
	})
	release := setup.Close
	setup.Close = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
		defer cancel()
		_, _ = disk.Within(ctx, func() (any, error) { release(); return nil, nil })
	}
	return setup, err
}

var errPaused = errors.New("the job is paused")

func (j *job) hasEnded() bool {
	select {
	case <-j.ended:
		return true
	default:
		return false
	}
}

func (j *job) lane(a plan.Account) *lane {
	j.mu.Lock()
	defer j.mu.Unlock()
	l := j.lanes[a]
	if l == nil {
		l = newLane(a)
		j.lanes[a] = l
	}
	return l
}

// reserve reports whether another lane may be this worker's, and keeps its place.
func (j *job) reserve(l *lane) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, work := j.parts.labels[l.account]; work && j.full(j.parts.group(l.account)) {
		return false // one without work is done as soon as somebody takes it
	}
	l.taking.Store(true)
	return true
}

// full reports whether the worker has its part of a group of lanes.
func (j *job) full(group string) bool {
	n := 0
	for _, l := range j.lanes {
		if l.counts() && j.parts.group(l.account) == group {
			n++
		}
	}
	return n >= j.parts.most[group]
}

// hasRoom reports whether another lane with a label may be this worker's.
func (j *job) hasRoom(label string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.full(j.parts.groups[label])
}

// hasRoomLike reports whether another lane like this one may be this worker's.
func (j *job) hasRoomLike(l *lane) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.full(j.parts.group(l.account))
}

// held are the lanes that are this worker's.
func (j *job) held() (all []*lane) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, l := range j.lanes {
		if l.held.Load() {
			all = append(all, l)
		}
	}
	return all
}

// give lets what is under way in a lane end, saves what was learned, and frees the lane.
func (j *job) give(ctx context.Context, a plan.Account) error {
	if err := j.engine.Give(ctx, a); err != nil {
		return err
	}
	if err := j.saveLearned(ctx); err != nil {
		return err
	}
	return j.board.Give(ctx, a)
}

// saveLearned saves what the engine learned since it was last saved.
func (j *job) saveLearned(ctx context.Context) error {
	l := j.engine.Findings()
	if len(l.Quotas)+len(l.Failing) == 0 {
		return nil
	}
	return j.board.SaveLearned(ctx, l)
}

// hearNews has the engine hear what others did, until it ends, and wakes the lanes that wait for
// it.
func (s *session) hearNews(j *job) {
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.ended:
			return
		case <-tick.C:
		}
		news, err := j.board.News(s.ctx)
		if err != nil {
			if !j.hasEnded() { // else the job was closed meanwhile
				s.fail(err)
			}
			return
		}
		if p := news.Progress; p != nil && p.Settled == p.Operations {
			s.finish(j.name, j)
			return
		}
		j.engine.Hear(news)
		var woken []Slice
		for _, l := range j.held() {
			if l.waitsForLanes() && !j.engine.Progress(l.account).Empty {
				woken = append(woken, Slice{j.name, l.account})
			}
		}
		if len(woken) == 0 {
			continue
		}
		if err := s.hand.Wake(s.ctx, woken); err != nil {
			s.fail(err)
			return
		}
	}
}

// close ends the work on a job here: its lanes are given back, each as soon as nothing of it is
// under way, and with them their slices. done says that all its operations are settled. It returns
// false if somebody else closed the job.
func (s *session) close(j *job, done bool) bool {
	s.mu.Lock()
	if j.closing {
		s.mu.Unlock()
		<-j.closed
		return false
	}
	j.closing = true
	s.mu.Unlock()
	j.engine.Drain()
	s.giveAll(j, done)
	j.users.Wait()
	s.giveAll(j, done) // what a slice took meanwhile
	j.engine.Stop(jobs.ErrInterrupted)
	<-j.ended
	j.release()
	_ = j.board.Close()
	s.mu.Lock()
	delete(s.jobs, j.name)
	s.mu.Unlock()
	s.tell(Event{Kind: JobClosed, Job: j.name})
	close(j.closed)
	return true
}

// giveAll gives all lanes of a job back, and their slices, each as soon as nothing of it is under
// way. A worker that was cut off gives nothing.
func (s *session) giveAll(j *job, done bool) {
	var giving sync.WaitGroup
	for _, l := range j.held() {
		l.recall()
		given := l.giving(Next{}, func() error { return j.give(s.ctx, l.account) })
		giving.Go(func() {
			<-given.ended
			err := given.err
			if s.ctx.Err() != nil {
				return
			}
			if err != nil && j.hasEnded() { // so that nothing is under way any more
				err = j.board.Give(s.ctx, l.account)
			}
			if err == nil {
				err = s.hand.Return(s.ctx, []Slice{{j.name, l.account}})
			}
			if err != nil {
				s.fail(err)
				return
			}
			s.gone(j, l, done)
		})
	}
	giving.Wait()
}

// gone notes and tells that a lane was given back.
func (s *session) gone(j *job, l *lane, done bool) {
	if l.gone() {
		s.watchAgain()
		s.tell(Event{Kind: LaneGiven, Job: j.name, Lane: l.account, Done: done})
	}
}
