package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// An engine with Options.Sharing carries out lanes of a job of which other workers carry out
// others. It begins without any, and runs until it is stopped. The methods of this file may be
// called from any goroutine; they wait for Run to begin, and do nothing once it has ended.

// LaneProgress is how a lane of a shared engine stands.
type LaneProgress struct {
	Empty bool      // nothing of it is in memory, and nothing can be claimed: it is done, or its operations wait for other lanes
	Idle  bool      // nothing can be sent now
	Until time.Time // ... before this, as far as is known; zero: it is not
	Why   string    // ... because of this; "": it waits for answers, or for other lanes

	// Deferred says that operations were left for a later run: whoever takes the lane anew tries
	// them again.
	Deferred bool
}

// shared is what an engine has beside when it shares its job.
type shared struct {
	ended   chan struct{}         // Run has ended
	known   bool                  // the job's counts and tally were heard
	failing map[plan.Account]bool // other workers' lanes to which writes fail
	turned  map[plan.Account]bool // lanes to which writes began to fail, or no longer do, since Findings was called
	giving  []*giving
}

// giving is a lane that is being given back.
type giving struct {
	lane *lane
	told bool          // its last change is on the way to the disk
	gone chan struct{} // closed when nothing of it is left here
}

// tell has do run in the dispatcher's goroutine and waits for it. It reports false if the run has
// ended.
func (e *Engine) tell(do func()) bool {
	done := make(chan struct{})
	return e.d.TellUnless(e.shared.ended, func() { do(); close(done) }) && wait(done, e.shared.ended)
}

func wait(done, ended <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ended:
		return false
	}
}

// Await prepares for a lane that is about to become this engine's: what is released for it from now
// on is kept until Take, or until Forgo if it does not come.
func (e *Engine) Await(a plan.Account) {
	e.tell(func() {
		if l := e.lane(a); !l.mine {
			l.coming, l.rests = true, true
			l.released, l.freed = nil, map[plan.OpID]bool{}
		}
	})
}

// Forgo says that a lane that was awaited does not come.
func (e *Engine) Forgo(a plan.Account) {
	e.tell(func() {
		if l := e.lanes[a]; l != nil && l.coming && !l.mine {
			l.coming, l.rests = false, false
			l.released, l.freed = nil, nil
			l.noteMore()
			l.Wake()
		}
	})
}

// Take makes a lane this engine's that was awaited. Its operations are carried out from Work on.
func (e *Engine) Take(p jobs.LanePoint) {
	e.tell(func() {
		now := time.Now()
		if !e.shared.known {
			e.shared.known = true
			e.tally.begin(jobs.ResumePoint{}, now)
			if e.tally.HeadersSent = p.HeadersSent; p.HeadersSent {
				e.d.ExpectHeaders()
			}
		}
		e.hearProgress(p.Progress)
		e.hearFailing(p.Failing)
		l := e.lane(p.Account)
		e.d.Revive(l.Lane)
		for _, s := range p.States {
			if s.Account == "" {
				continue
			}
			if other := e.lane(s.Account); !other.mine { // it is read for this one
				e.d.Revive(other.Lane)
			}
		}
		e.d.TakeOver(p, now)
		l.mine, l.rests, l.recalled, l.drained, l.cursor = true, true, false, false, 0
		if !l.coming {
			l.freed = map[plan.OpID]bool{}
		}
		l.deletes = p.Deletes
		if l.coming, l.taken = false, now; slices.Contains(p.Failing, p.Account) {
			l.failing = dispatch.MostDenials
		}
		e.working++
		e.widen()
		l.noteMore()
		for _, r := range p.Waiting {
			l.release(r.ID)
		}
	})
}

// Work lets the operations of a lane be carried out, or has them rest: what is on its way may
// end, and what other lanes ask of its ad account is read.
func (e *Engine) Work(a plan.Account, on bool) {
	e.tell(func() {
		if l := e.lanes[a]; l != nil && l.mine && !l.recalled {
			l.rests = !on
			l.noteMore()
			l.wantMore()
			l.Wake()
		}
	})
}

// Progress is how a lane stands.
func (e *Engine) Progress(a plan.Account) (p LaneProgress) {
	e.tell(func() {
		l, now := e.lanes[a], time.Now()
		if l == nil || !l.mine {
			return
		}
		ended := l.Ended()
		p.Deferred = l.deferred || ended != nil
		p.Empty = l.held == 0 && !l.loading && l.drained && len(l.released) == 0 && len(l.skipped) == 0
		if p.Until, p.Why, p.Idle = l.Rests(now); !p.Idle {
			p.Idle = l.writing == 0 && !l.loading && l.InFlight() == 0 && now.Sub(l.acted) > idleAfter
		}
		if ended != nil {
			p.Why = ended.Detail()
		}
	})
	return p
}

// idleAfter is how long a lane sends nothing until it counts as idle if no quota and no throttle
// keeps it: its tasks wait for answers, for a pause to end, or for other lanes.
const idleAfter = 2 * time.Second

// Drain has nothing more sent, so that all lanes can be given back as soon as what is on its way has
// ended.
func (e *Engine) Drain() { e.tell(e.d.Drain) }

// Give lets what is under way in a lane end, brings it to the checkpoint and forgets the lane.
// The error is ctx's, or says that the run ended before: what was under way may not be in the
// checkpoint then.
func (e *Engine) Give(ctx context.Context, a plan.Account) error {
	var g *giving
	if !e.tell(func() {
		if l := e.lanes[a]; l != nil && l.mine {
			l.rests, l.recalled = true, true
			l.cutDownloads()
			g = &giving{lane: l, gone: make(chan struct{})}
			e.shared.giving = append(e.shared.giving, g)
		}
	}) {
		return errEnded
	}
	if g == nil {
		return nil
	}
	select {
	case <-g.gone:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.shared.ended:
		return errEnded
	}
}

var errEnded = errors.New("the run has ended")

// giveBack forgets the lanes that are being given back once nothing of them is under way. What
// was added to the committer before is on disk by then.
func (e *Engine) giveBack() {
	for _, g := range e.shared.giving {
		if l := g.lane; !g.told && l.writing == 0 && l.downloads == nil && !l.loading {
			g.told = true
			e.commit.add(jobs.Change{Lanes: e.d.Changed(), Records: l.answered()}, func() {
				e.forget(l)
				close(g.gone)
			})
		}
	}
	rest := e.shared.giving[:0]
	for _, g := range e.shared.giving {
		if !g.told {
			rest = append(rest, g)
		}
	}
	e.shared.giving = rest
}

// saidDeleted is the message of a deletion that is sent, and that the API called a success. Its next
// worker reads the image until it is gone, as this one would have.
const saidDeleted = "the API reported success"

// answered are the deletions that the API called a success and that were not read back yet. The
// next worker need not wait for their requests to land.
func (l *lane) answered() (records []jobs.Record) {
	for _, queue := range l.busy {
		for _, t := range queue {
			if t.deleted && !t.Outcome.State.Settled() {
				o := t.Outcome
				o.LastSent, o.Message = time.Time{}, saidDeleted // a message on a sent one means: counted
				records = append(records, jobs.Record{ID: t.ID, Needed: t.Needed, Outcome: o})
			}
		}
	}
	return records
}

// forget drops all tasks of a lane. Its ad account may still be read for others.
func (e *Engine) forget(l *lane) {
	for _, queue := range l.busy {
		for _, t := range queue {
			e.drop(t)
		}
	}
	for _, other := range e.order {
		other.lookups.drop()
	}
	for _, w := range e.routes {
		w.dropWaiting()
	}
	l.mine, l.rests, l.deferred, l.drained, l.cursor = false, false, false, true, 0
	l.skipped, l.released, l.freed = nil, nil, nil
	l.ready, l.needPicture, l.permits = nil, nil, permits{most: l.permits.most}
	l.busy, l.failing = map[plan.Hash][]*task{}, 0
	e.working--
	l.noteMore()
	e.widen()
}

// drop forgets a task: another worker goes on with it. Whatever still calls it back finds that.
func (e *Engine) drop(t *task) {
	if t.dropped {
		return
	}
	e.ungroup(t)
	if !t.deferred {
		t.home.held--
		e.noMoreDeletes(t)
	}
	e.held--
	t.dropped = true
	if t.onTrial {
		e.release(t)
	}
	discard(t.picture.path)
}

// Hear tells the engine what other workers did.
func (e *Engine) Hear(n jobs.News) { e.tell(func() { e.hear(n) }) }

func (e *Engine) hear(n jobs.News) {
	e.d.Hear(n, time.Now())
	for _, r := range n.Released {
		if l := e.lanes[r.Lane]; l != nil && (l.mine || l.coming) {
			l.release(r.ID)
		}
	}
	if n.Progress != nil {
		e.hearProgress(*n.Progress)
		e.hearFailing(n.Failing)
	}
}

func (e *Engine) hearProgress(p jobs.Progress) {
	e.operations, e.tally.done, e.tally.failures = p.Operations, p.Settled, p.Failed
}

func (e *Engine) hearFailing(accounts []plan.Account) {
	e.shared.failing = map[plan.Account]bool{}
	for _, a := range accounts {
		if l := e.lanes[a]; l == nil || !l.mine { // else this engine knows better
			e.shared.failing[a] = true
		}
	}
}

// Findings returns what this engine learned since the last call.
func (e *Engine) Findings() (l jobs.Learned) {
	e.tell(func() {
		l = jobs.Learned{Quotas: e.d.Learnt(), Failing: e.shared.turned}
		e.shared.turned = map[plan.Account]bool{}
	})
	return l
}

// depart asks the other workers of the job before a request leaves. until is when it may leave at
// the latest, zero for any time.
func (w *worker) depart(ctx context.Context, d jobs.Departure) (until time.Time, err error) {
	cleared, err := w.opt.Sharing.Depart(ctx, d)
	if err != nil {
		return until, &jobs.CheckpointError{Err: err}
	}
	if n := cleared.News; len(n.Spent)+len(n.Lanes)+len(n.Apps)+len(n.Released) > 0 {
		w.hear(n)
	}
	if !cleared.May {
		return until, &dispatch.NotYet{Again: cleared.Again}
	}
	return cleared.Until, nil
}
