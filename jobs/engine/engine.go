package engine

import (
	"context"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Engine carries out the operations of one job. Make one for each run. All of it belongs to
// the dispatcher's goroutine, but for Stop and Steer; what runs beside that is the worker, the
// committer and the loader.
type Engine struct {
	d      *dispatch.Dispatcher
	store  jobs.Checkpoint
	opt    Options
	worker *worker
	commit *committer
	loads  *loader

	lanes        map[plan.Account]*lane
	order        []*lane // in the order in which they came
	skipping     []*lane // lanes with skipped ranges
	hungry       []*lane // lanes that may have room for more of the checkpoint's operations
	lingering    []*lane // lanes with lookups that wait for more to come
	unclaimed    int     // lanes of which the checkpoint may have more
	held         int     // tasks in memory
	operations   int     // in the whole job
	window       int     // tasks in memory for each lane
	workers      int     // for which window was set
	working      int     // lanes that had work when the run began
	confirming   int     // deletes whose confirmations are on their way to the disk
	doubted      int     // images that are waiting to be asked for again because their absence is doubted
	blockedReads blockedReads
	routes       map[pair]*route
	copyRefused  map[credentialPair]*refusedCopies
	copying      map[plan.Account]int // copies in memory, by their source
	hasDeferred  bool                 // a task was deferred to a later run
	foreign      *graph.Error         // what kept answering in place of the API for some of those
	tellsStatus  bool                 // answers to reads tell the status of images
	clock        clock
	tally        tally
	shared       shared
}

// New makes an engine. It starts nothing.
func New(api dispatch.API, store jobs.Checkpoint, opt Options) *Engine {
	opt = opt.WithDefaults()
	e := &Engine{
		d: dispatch.New(opt.Dispatch()), store: store, opt: opt,
		worker: &worker{api: api, store: store, opt: opt, pictures: &pictureFolder{dir: opt.Pictures}},
		lanes:  map[plan.Account]*lane{}, routes: map[pair]*route{}, copyRefused: map[credentialPair]*refusedCopies{}, copying: map[plan.Account]int{},
		shared: shared{ended: make(chan struct{}), turned: map[plan.Account]bool{}},
	}
	e.worker.hear = func(n jobs.News) { e.d.Tell(func() { e.hear(n) }) }
	return e
}

// Stop asks the engine to send nothing more and to return cause once the
// requests in flight have ended. Only the first call counts.
func (e *Engine) Stop(cause error) { e.d.Stop(cause) }

// Steer changes how the engine goes on, or will begin. A pause lets the requests in
// flight end and sends no more; MaxDuration goes on meanwhile, MaxWait does not
// apply. It may be called at any time from any goroutine, and does not wait.
func (e *Engine) Steer(s jobs.Steering) { e.d.Steer(s) }

// Run carries out what is left of the job. It returns nil when every operation
// is settled, which a shared engine does not conclude, else why it stopped: an error of package jobs, or ctx's cause
// when ctx ended, which also aborts the requests in flight.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.shared.ended)
	if err := e.load(ctx); err != nil {
		return err
	}
	if e.opt.MaxFailures.Exceeded(e.tally.failures, e.operations) {
		return &jobs.FailuresError{Failed: e.tally.failures, Settled: e.tally.done}
	}
	e.commit = newCommitter(e)
	e.loads = newLoader(ctx, e)
	stop := e.d.Run(ctx, e, e.worker)
	_, _ = within(ctx, func(context.Context) (any, error) { e.worker.pictures.end(); return nil, nil })
	e.loads.close()
	e.commit.close()
	if _, err := e.store.Commit(ctx, e.finalChange(time.Now())); err != nil && stop == nil {
		stop = &jobs.CheckpointError{Err: err}
	}
	if stop == nil && e.held > 0 {
		stop = jobs.ErrUnsettled
	}
	if stop == jobs.ErrUnsettled && e.foreign != nil {
		return &jobs.OfflineError{Err: e.foreign}
	}
	return stop
}

// load goes on where the checkpoint left the job.
func (e *Engine) load(ctx context.Context) error {
	var s jobs.ResumePoint
	var err error
	if e.opt.Sharing == nil {
		if s, err = e.store.Resume(ctx); err != nil {
			return err
		}
	}
	if _, err := within(ctx, func(context.Context) (any, error) { return nil, e.worker.pictures.begin() }); err != nil {
		return &jobs.PictureError{Err: err}
	}
	now := time.Now()
	e.operations = s.Operations
	e.tally.begin(s, now)
	if s.Tally.HeadersSent {
		e.d.ExpectHeaders()
	}
	for _, state := range s.Lanes {
		if state.Account != "" {
			l := e.add(state.Account)
			l.mine = true
			if l.drained = !state.Work; state.Work {
				e.working++
			}
			l.noteMore()
		}
		e.d.Inherit(state, now)
	}
	for _, r := range s.Waiting {
		e.lane(r.Lane).release(r.ID)
	}
	e.widen()
	return nil
}

// widen sets the lanes' windows by the number of workers: sixteen times what all
// workers have in flight. An operation is read in its target, waits for others, is read
// in its source and written, each time with enough others to fill a request. Half a
// window is claimed at a time: six requests full of bulk reads, so that the last one,
// which is not full, hardly matters. The lanes share what memory holds, so that it stays
// flat however many there are.
func (e *Engine) widen() {
	e.workers = e.d.Workers()
	full := max(16*e.workers, 12*graph.MaxHashes) * e.opt.BatchSize
	e.window = min(full, windowOf(e.working))
	for _, l := range e.order {
		l.wantMore()
	}
}

// windowOf is the window that memory has for each of so many lanes: all together hold half of
// mostInMemory, or twice as much if each would have less than two full requests.
func windowOf(lanes int) int {
	lanes = max(1, lanes)
	return max(10, mostInMemory/2/lanes, min(2*graph.MaxBatch, mostInMemory/lanes))
}

// mostInMemory is about how many tasks all lanes together hold at most.
const mostInMemory = 20_000

func (e *Engine) add(a plan.Account) *lane {
	l := newLane(e)
	l.Lane = e.d.Open(a, l, graph.MaxHashes)
	e.lanes[a] = l
	e.order = append(e.order, l)
	return l
}

// lane is the account's lane; one is made for an account that is only read.
func (e *Engine) lane(a plan.Account) *lane {
	l := e.lanes[a]
	if l == nil {
		l = e.add(a)
		l.drained = true
	}
	return l
}

// Prepare implements [dispatch.Client].
func (e *Engine) Prepare(now time.Time) {
	if e.workers != e.d.Workers() {
		e.widen()
	}
	e.countStuck(now)
	e.claimMore(now)
	if e.d.Quiet() { // nothing can fill the reads that wait for more
		for _, l := range e.lingering {
			l.lingers = false
			l.Wake()
		}
		e.lingering = e.lingering[:0]
	}
}

// Next implements [dispatch.Client].
func (e *Engine) Next(now time.Time) time.Time {
	wake := e.nextCount(now)
	if e.opt.Sharing != nil { // others may bring work, so it is never stuck
		wake = quota.Earlier(wake, now.Add(time.Minute))
	}
	for _, l := range e.skipping {
		for _, g := range l.skipped {
			if until := e.blockedReads.until[g.source]; until.After(now) {
				wake = quota.Earlier(wake, until)
			}
		}
	}
	return wake
}

// Rest implements [dispatch.Client].
func (e *Engine) Rest(now time.Time) {
	e.saveCounters(now)
	e.giveBack()
	e.commit.flush()
}

// Busy implements [dispatch.Client].
func (e *Engine) Busy() bool { return !e.commit.idle() || e.loads.outstanding > 0 }

// Doubts implements [dispatch.Client].
func (e *Engine) Doubts() bool { return e.doubted > 0 }

// Done implements [dispatch.Client].
func (e *Engine) Done() bool {
	if e.opt.Sharing != nil {
		return false
	}
	if e.held > 0 {
		return e.onlyDeferred()
	}
	return e.unclaimed == 0
}

// onlyDeferred reports whether the tasks in memory were all deferred, so that nothing
// will advance them any more.
func (e *Engine) onlyDeferred() bool {
	if e.d.HasTimers() || e.unclaimed > 0 {
		return false
	}
	for _, l := range e.order {
		if !l.lookups.empty() || l.upcoming() != nil || len(l.needPicture) > 0 || l.downloads != nil || len(l.permits.waiting) > 0 {
			return false
		}
	}
	return true
}

// Stuck implements [dispatch.Client].
func (e *Engine) Stuck() error {
	if e.hasDeferred {
		return jobs.ErrUnsettled // what is left waits for tasks that were deferred
	}
	return jobs.ErrStuck
}

// AppParked implements [dispatch.Client].
func (e *Engine) AppParked(p jobs.AppPark) {
	if e.opt.Sharing != nil {
		e.commit.add(jobs.Change{Apps: []jobs.AppPark{p}}, nil)
	}
}

// Parked implements [dispatch.Client].
func (e *Engine) Parked(p jobs.Park) {
	e.commit.add(jobs.Change{Parks: []jobs.Park{p}, Lanes: e.d.Changed(), Tally: e.snapshot(time.Now())}, nil)
}

// Returned implements [dispatch.Client].
func (e *Engine) Returned(r *dispatch.Request, res dispatch.Result, _ time.Time) {
	e.tally.sent(res.Sent())
	if d := r.Departure(); (d.Probe || d.AppProbe) && len(res.Sent()) > 0 { // with the wait that its answer may impose
		e.commit.add(jobs.Change{Answered: []jobs.Departure{d}}, nil)
	}
	if r.Lane != nil {
		l := e.lanes[r.Lane.Account]
		deleted := false
		l.acted = time.Now()
		for i, item := range r.Items() {
			switch item.(type) {
			case *bulkRead:
				l.reading--
			case *write:
				l.writing--
			}
			deleted = deleted || r.Calls[i].Action == graph.ActionDelete && res.WasSent(i)
		}
		if deleted {
			l.permits.sent()
		}
	}
}

// Learned implements [dispatch.Client].
func (e *Engine) Learned(l *dispatch.Lane, reply graph.Reply) {
	e.clock = e.clock.heard(reply.Date, time.Now())
	e.blockedReads.changed = e.blockedReads.changed || e.blockedReads.blocked(l.Account, time.Now())
	if own := e.lanes[l.Account]; l.Quota.Tier == graph.TierFull && own.window < e.window {
		own.wantMore() // see room
	}
}

// warn tells people something about the run.
func (e *Engine) warn(text string) { e.d.Warn(text) }
