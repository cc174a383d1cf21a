package fleet

import (
	"cmp"
	"context"
	"errors"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/engine"
	"adferry/plan"
)

// Slice is a part of the work on a lane, at most 20 s of it. Of each lane with work there is one.
type Slice struct {
	Job  string       `json:"job"` // its name
	Lane plan.Account `json:"lane"`
}

// Deck is where the slices of a job are that no worker has: one for each label, so that a worker is
// dealt those that it may carry out.
type Deck struct {
	Job   string
	Label string // see [board.Hold]
}

// Next is what becomes of a slice after it was worked on.
type Next struct {
	Done  bool          // the lane is done, and the slice ends
	Mine  bool          // it is dealt to this worker again; else to any, from its deck
	After time.Duration // and not before
}

// Dealer deals slices to workers: River does, and in a simulation chance. Those of a worker that was
// buried go back to their decks.
type Dealer interface {
	// Join has slices dealt to a worker. work is called for each of them, for several at once, and
	// not for one whose call has not returned, unless that takes longer than [MostWork].
	Join(ctx context.Context, worker string, work func(context.Context, Slice) Next) (Hand, error)
}

// Hand is what is dealt to one worker.
type Hand interface {
	// Watch has the slices of these decks, and of no others, dealt to the worker.
	Watch(ctx context.Context, decks []Deck) error
	// Add makes the slices of lanes that have none.
	Add(ctx context.Context, lanes map[Deck][]plan.Account) error
	// Wake has slices of this worker dealt that are not to be dealt yet.
	Wake(ctx context.Context, slices []Slice) error
	// Keep has the slices of lanes that the worker holds dealt to it, should they be in their decks: a
	// dealer may have failed after the lane was taken.
	Keep(ctx context.Context, slices []Slice) error
	// Return puts slices of this worker back into their decks.
	Return(ctx context.Context, slices []Slice) error
	// Tidy removes the slices of jobs that are not among these.
	Tidy(ctx context.Context, jobs []string) error
	// Stop has nothing more dealt, and waits for the calls of work to return.
	Stop(ctx context.Context) error
}

// Times of a slice.
const (
	sliceTime = 20 * time.Second
	// MostWork is longer than any work on a slice takes, unless the process was stopped meanwhile:
	// then the slice may be dealt a second time. It is less than the lease of a worker.
	MostWork = 25 * time.Second

	lookEvery  = 250 * time.Millisecond // how the lane stands
	answers    = 2 * time.Second        // until answers are there that a lane waits for
	otherLanes = 15 * time.Second       // until another lane has settled something, which wakes this one
	mostSleep  = 5 * time.Minute
	laterRun   = 5 * time.Minute // until what was left for a later run is tried again
	again      = time.Second     // until a worker tries again what it cannot do now, or another worker does
	longWait   = time.Minute     // that is told: the board knows of all
	elsewhere  = 3 * time.Second // until another worker has taken what this one does not take
)

// waitsForLanes is what a lane waits for whose operations depend on those of other lanes.
const waitsForLanes = "operations of other ad accounts come first"

// leftForLater is what a lane waits for whose answers are in doubt.
const leftForLater = "what it holds cannot be read for certain yet"

// sliceWork is the work on a slice.
type sliceWork struct {
	*session
	job  *job
	lane *lane
	end  <-chan time.Time // of the slice
}

// work works on a slice.
func (s *session) work(ctx context.Context, sl Slice) Next {
	j, later := s.open(sl.Job)
	if j == nil {
		return Next{After: later}
	}
	defer j.users.Done()
	l := j.lane(sl.Lane)
	if !l.begin() { // it was dealt twice
		return Next{Mine: true, After: elsewhere}
	}
	defer l.finish()
	end := time.NewTimer(sliceTime)
	defer end.Stop()
	w := &sliceWork{s, j, l, end.C}
	switch {
	case !l.held.Load():
		return w.take(ctx)
	case l.recalled.Load():
		return w.give(ctx, Next{})
	case l.later.Load():
		l.recall()
		return w.give(ctx, Next{})
	}
	return w.send(ctx)
}

// take makes a lane this worker's.
func (w *sliceWork) take(ctx context.Context) Next {
	if w.leaving() || !w.job.reserve(w.lane) {
		return Next{After: again}
	}
	if !w.job.hasRoomLike(w.lane) {
		w.watchAgain()
	}
	w.job.engine.Await(w.lane.account)
	p, err := w.job.board.Take(ctx, w.lane.account)
	if err != nil {
		w.job.engine.Forgo(w.lane.account)
	}
	if errors.Is(err, board.ErrHeld) {
		return Next{After: elsewhere}
	}
	if err != nil {
		return w.failed(ctx, err)
	}
	w.job.engine.Take(p)
	w.lane.held.Store(true)
	w.tell(Event{Kind: LaneTaken, Job: w.job.name, Lane: w.lane.account})
	return Next{Mine: true}
}

// send has the engine send the lane's writes for the time of a slice, or until it has nothing to
// send now.
func (w *sliceWork) send(ctx context.Context) Next {
	if err := w.waits(ctx, "", time.Time{}); err != nil {
		return w.failed(ctx, err)
	}
	e, a, began := w.job.engine, w.lane.account, time.Now()
	e.Work(a, true)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var p engine.LaneProgress
	for over := false; !over; {
		select {
		case <-look.C:
			p = e.Progress(a)
			p.Idle = p.Idle && (!p.Until.IsZero() || time.Since(began) > answers) // it acts from now on
			over = p.Empty || p.Idle
			continue
		case <-w.lane.called:
		case <-w.end:
		case <-w.left:
		case <-w.job.ended:
		case <-ctx.Done():
		}
		over = true
	}
	e.Work(a, false)
	if err := w.saveLearned(); err != nil {
		return w.failed(ctx, err)
	}
	switch {
	case w.leaving() || w.job.hasEnded():
		return Next{Mine: true, After: again} // the lane is given back, and then its slice
	case w.lane.recalled.Load():
		return w.give(ctx, Next{})
	case p.Deferred:
		return w.defers(ctx, p)
	case p.Empty:
		return w.nothingToSend(ctx)
	case p.Idle:
		return w.sleep(ctx, p)
	}
	return Next{Mine: true}
}

// saveLearned saves what the engine learned, also if the slice is over.
func (w *sliceWork) saveLearned() error {
	ctx, cancel := context.WithTimeout(w.ctx, stepTime)
	defer cancel()
	return w.job.saveLearned(ctx)
}

// nothingToSend is what becomes of a lane of which the engine has nothing: it is done, or waits for
// other lanes.
func (w *sliceWork) nothingToSend(ctx context.Context) Next {
	left, err := w.job.board.Stored().HasWork(ctx, w.lane.account)
	if err != nil {
		return w.failed(ctx, err)
	}
	if !left {
		w.lane.recall()
		return w.give(ctx, Next{Done: true})
	}
	if more, err := w.released(ctx); err != nil {
		return w.failed(ctx, err)
	} else if more {
		return Next{Mine: true}
	}
	if err := w.waits(ctx, waitsForLanes, time.Time{}); err != nil {
		return w.failed(ctx, err)
	}
	w.lane.asleep.Store(true)
	if !w.job.engine.Progress(w.lane.account).Empty { // before it slept, so that nobody wakes it
		return Next{Mine: true}
	}
	return Next{Mine: true, After: otherLanes}
}

// released has the engine hear which operations of the lane wait for nothing any more, should it have
// missed that: nobody would tell it a second time. It takes each once. more says that it missed some.
func (w *sliceWork) released(ctx context.Context) (more bool, err error) {
	all, err := w.job.board.Waiting(ctx, w.lane.account)
	if err != nil || len(all) == 0 {
		return false, err
	}
	w.job.engine.Hear(jobs.News{Released: all})
	return !w.job.engine.Progress(w.lane.account).Empty, nil
}

// defers is what becomes of a lane whose operations were left for a later run: this worker has it until
// then, so that people see why.
func (w *sliceWork) defers(ctx context.Context, p engine.LaneProgress) Next {
	w.lane.later.Store(true)
	if err := w.waits(ctx, cmp.Or(p.Why, leftForLater), time.Now().Add(laterRun)); err != nil {
		return w.failed(ctx, err)
	}
	return Next{Mine: true, After: laterRun}
}

// sleep is what becomes of a lane that can send nothing now.
func (w *sliceWork) sleep(ctx context.Context, p engine.LaneProgress) Next {
	if p.Until.IsZero() {
		return Next{Mine: true, After: answers}
	}
	if err := w.waits(ctx, p.Why, p.Until); err != nil {
		return w.failed(ctx, err)
	}
	return Next{Mine: true, After: min(max(time.Until(p.Until), 0), mostSleep)}
}

// waits makes known what the lane waits for, if that has changed.
func (w *sliceWork) waits(ctx context.Context, why string, until time.Time) error {
	if !w.lane.waits(why, until) {
		return nil
	}
	if time.Until(until) >= longWait {
		w.tell(Event{Kind: LaneWaits, Job: w.job.name, Lane: w.lane.account, Why: why, Until: until})
	}
	return w.job.board.Waits(ctx, w.lane.account, why, until)
}

// give gives the lane back; then is what becomes of its slice. What is under way may take longer
// to end than a slice, so that the slice comes back until it has.
func (w *sliceWork) give(ctx context.Context, then Next) Next {
	given := w.lane.giving(then, func() error { return w.job.give(context.WithoutCancel(ctx), w.lane.account) })
	select {
	case <-given.ended:
	case <-w.end:
		return Next{Mine: true, After: again}
	case <-w.left:
		return Next{Mine: true, After: again}
	case <-ctx.Done():
		return Next{Mine: true, After: again}
	}
	if given.err != nil {
		if !w.job.hasEnded() {
			w.fail(given.err)
		}
		return Next{Mine: true, After: again}
	}
	w.gone(w.job, w.lane, given.then.Done)
	return given.then
}

// failed is what becomes of a slice when the board cannot be asked, or says that this worker's
// lease is over.
func (w *sliceWork) failed(ctx context.Context, err error) Next {
	if ctx.Err() == nil {
		w.fail(err)
	}
	return Next{Mine: true, After: again}
}
