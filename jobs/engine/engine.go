package engine

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Engine carries out the operations of one job. Make one for each run.
type Engine struct {
	api   dispatch.API
	store jobs.Checkpoint
	opt   Options

	// From here to stop, fields belong to the goroutine of Run, the dispatcher.
	lanes             map[plan.Account]*lane
	order             []*lane // in the order in which they take turns
	turn              int
	app               quota.App
	pace              quota.Pace
	appState          jobs.LaneState
	inherited         inheritedWait // of the app
	appWaitReported   bool          // a wait of all lanes was reported
	appWaitReportedAt time.Time     // when a wait that the API did not impose was last reported
	contact           dispatch.Contact
	trust             dispatch.Trust
	asking            bool       // the neutral question is on its way, and nothing else leaves
	requests          []*request // on their way
	idle              time.Time  // since when nothing but waits is left to do; zero: something else is
	doubted           int        // images that are waiting to be asked for again because their absence is doubted
	timers            timers
	inflight          int  // HTTP requests
	held              int  // tasks in memory
	operations        int  // in the whole job
	window            int  // tasks in memory for each lane
	working           int  // lanes that had work when the run began
	blocked           bool // a quota keeps something from being sent
	confirming        int  // deletes whose confirmations are on their way to the disk
	readyChanged      bool // a lane got something to send since the lanes began to take turns
	selfLimited       bool // a lane waits by itself, which the checkpoint does not say yet
	paused            bool // nothing is sent until it goes on
	blockedReads      blockedReads
	routes            map[pair]*route
	copying           map[plan.Account]int // copies in memory, by their source
	hasMore           bool                 // the checkpoint has more for some lane
	hasDeferred       bool                 // a task was deferred to a later run
	foreign           *graph.Error         // what kept answering in place of the API for some of those
	headers           dispatch.Headers
	tellsStatus       bool // answers to reads tell the status of images
	clock             clock
	tally             tally
	suspects          map[plan.Hash]bool // images whose uploaded copies may be placeholders
	stop              error              // why nothing more is sent

	pool     *dispatch.Pool
	pictures *pictureFolder
	inbox    chan func() // what workers and the committer tell the dispatcher
	commit   *committer

	steering steeringBox
	stopOnce sync.Once
	stopped  chan struct{} // Stop was called
	cause    error
}

// New makes an engine. It starts nothing.
func New(api dispatch.API, store jobs.Checkpoint, opt Options) *Engine {
	return &Engine{
		api: api, store: store, opt: opt.WithDefaults(), pictures: &pictureFolder{dir: opt.Pictures}, suspects: map[plan.Hash]bool{},
		lanes: map[plan.Account]*lane{}, routes: map[pair]*route{}, copying: map[plan.Account]int{},
		inbox: make(chan func()), stopped: make(chan struct{}), steering: steeringBox{changed: make(chan struct{}, 1)},
	}
}

// Stop asks the engine to send nothing more and to return cause once the
// requests in flight have ended. Only the first call counts.
func (e *Engine) Stop(cause error) {
	e.stopOnce.Do(func() {
		e.cause = cause
		close(e.stopped)
	})
}

// Run carries out what is left of the job. It returns nil when every operation
// is settled, else why it stopped: an error of package jobs, or ctx's cause
// when ctx ended, which also aborts the requests in flight.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.load(ctx); err != nil {
		return err
	}
	if most := e.opt.MaxFailures; most.Set && e.tally.failures > most.Of(e.operations) {
		return &jobs.FailuresError{Failed: e.tally.failures, Settled: e.tally.done}
	}
	e.pool, ctx = dispatch.NewPool(ctx, e.opt.Workers)
	e.commit = newCommitter(e)
	if e.opt.MaxDuration > 0 {
		e.after(time.Now().Add(e.opt.MaxDuration), func() { e.halt(jobs.ErrDuration) })
	}
	e.loop(ctx)
	e.pool.Wait()
	e.pictures.end()
	e.commit.close()
	if _, err := e.store.Commit(ctx, e.finalChange(time.Now())); err != nil && e.stop == nil {
		e.stop = &jobs.CheckpointError{Err: err}
	}
	if e.stop == nil && e.held > 0 {
		e.stop = jobs.ErrUnsettled
	}
	if e.stop == jobs.ErrUnsettled && e.foreign != nil {
		return &jobs.OfflineError{Err: e.foreign}
	}
	return e.stop
}

// load goes on where the checkpoint left the job.
func (e *Engine) load(ctx context.Context) error {
	s, err := e.store.Resume(ctx)
	if err != nil {
		return err
	}
	suspects, err := e.pictures.begin()
	if err != nil {
		return &jobs.PictureError{Err: err}
	}
	e.suspect(suspects)
	now := time.Now()
	e.operations = s.Operations
	e.tally.begin(s, now)
	if s.Tally.HeadersSent {
		e.headers = dispatch.HeadersSent
	}
	for _, state := range s.Lanes {
		if state.Account == "" {
			e.appState, e.inherited = state, inheritedWaitOf(state)
			if !state.ParkedUntil.IsZero() {
				e.app.Block, e.appWaitReported = quota.Until(state.ParkedUntil, now), true
				e.inherited.bound(&e.appState, e.app.Block.Until)
			}
			continue
		}
		if state.Work {
			e.working++
		}
		e.add(newLane(state, now))
	}
	for _, r := range s.Waiting {
		l := e.lane(r.Lane)
		l.released = append(l.released, r.ID)
	}
	e.widen()
	e.opt.Observe(jobs.Event{Kind: jobs.EventStarted, Total: s.Operations, Settled: s.Settled, Failed: s.Failed})
	return nil
}

// widen sets the lanes' windows by the number of workers: sixteen times what all
// workers have in flight. An operation is read in its target, waits for others, is read
// in its source and written, each time with enough others to fill a request. Half a
// window is claimed at a time: six requests full of bulk reads, so that the last one,
// which is not full, hardly matters. The lanes share what memory holds, so that it stays
// flat however many there are.
func (e *Engine) widen() {
	full := max(16*e.opt.Workers, 12*graph.MaxHashes) * e.opt.BatchSize
	e.window = min(full, max(10, mostInMemory/max(1, e.working)))
}

// mostInMemory is about how many tasks all lanes together hold.
const mostInMemory = 50_000

func (e *Engine) add(l *lane) {
	e.lanes[l.account] = l
	l.quota = l.quota.Adopt(e.pace)
	e.order = append(e.order, l)
}

// lane is the account's lane; one is made for an account that is only read.
func (e *Engine) lane(a plan.Account) *lane {
	l := e.lanes[a]
	if l == nil {
		l = newLane(jobs.LaneState{Account: a}, time.Now())
		e.add(l)
	}
	return l
}

// loop is the dispatcher.
func (e *Engine) loop(ctx context.Context) {
	for stopped := e.stopped; ; {
		if ctx.Err() != nil {
			e.halt(context.Cause(ctx))
		}
		now := time.Now()
		e.applySteering(now)
		e.fire(now)
		wake := quota.Never
		if e.stop == nil && !e.paused {
			wake = e.claimMore(ctx, now)
			wake = dispatch.Sooner(wake, e.sendAll(ctx, now))
			wake = dispatch.Sooner(wake, e.nextCount(now))
		}
		if e.inflight == 0 && e.commit.idle() && (e.stop != nil || e.finished()) {
			return
		}
		if len(e.timers) > 0 && e.timers[0].at.Before(wake) {
			wake = e.timers[0].at
		}
		if e.stop == nil && !e.paused && e.nothingInFlight() && wake.Equal(quota.Never) && len(e.timers) == 0 {
			if e.hasDeferred {
				e.halt(jobs.ErrUnsettled) // what is left waits for tasks that were deferred
			}
			e.halt(jobs.ErrStuck)
			continue
		}
		if e.stop == nil && !e.paused && e.tooLong(now, wake) {
			continue
		}
		e.saveCounters(now)
		e.commit.flush()
		e.sleep(ctx, now, wake, &stopped)
	}
}

// sleep waits until something happens or wake comes.
func (e *Engine) sleep(ctx context.Context, now, wake time.Time, stopped *chan struct{}) {
	var due <-chan time.Time
	if e.stop == nil && wake.Before(quota.Never) {
		t := time.NewTimer(wake.Sub(now))
		defer t.Stop()
		due = t.C
	}
	// After the context ended only the workers are waited for: they end at once.
	done := ctx.Done()
	if e.stop != nil {
		done = nil
	}
	waiting := e.waiting()
	select {
	case message := <-e.inbox:
		message()
		for more := true; more; {
			select {
			case message := <-e.inbox:
				message()
			default:
				more = false
			}
		}
	case <-due:
	case <-done:
	case <-e.steering.changed:
	case <-*stopped:
		*stopped = nil
		e.halt(e.cause)
	}
	if waiting {
		e.tally.Waited += time.Since(now)
	}
}

// halt stops sending. Only the first cause counts.
func (e *Engine) halt(cause error) {
	if e.stop == nil {
		e.stop = cause
	}
}

// finished reports whether nothing is left to do.
func (e *Engine) finished() bool {
	if e.trust.Doubted() {
		return false
	}
	if e.held > 0 {
		return e.onlyDeferred()
	}
	for _, l := range e.order {
		if l.hasMore() {
			return false
		}
	}
	return true
}

// onlyDeferred reports whether the tasks in memory were all deferred, so that nothing
// will advance them any more.
func (e *Engine) onlyDeferred() bool {
	if len(e.timers) > 0 {
		return false
	}
	for _, l := range e.order {
		if l.hasMore() || !l.lookups.empty() || l.upcoming() != nil || len(l.needPicture) > 0 || len(l.permits.waiting) > 0 {
			return false
		}
	}
	return true
}

// after runs do in the dispatcher at the given moment.
func (e *Engine) after(at time.Time, do func()) { heap.Push(&e.timers, timer{at, do}) }

func (e *Engine) fire(now time.Time) {
	for e.stop == nil && len(e.timers) > 0 && !e.timers[0].at.After(now) {
		heap.Pop(&e.timers).(timer).do()
	}
}
