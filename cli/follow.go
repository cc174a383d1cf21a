package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/reports"
)

// followEvery is how often a process reads what others set.
const followEvery = 500 * time.Millisecond

// follower passes on to an engine what people set with pause, unpause and tune from
// other processes.
type follower struct {
	dir    string
	job    *store.Job
	engine *engine.Engine
	se     *session
	now    jobs.Steering // what the engine was last told
}

// newFollower steers the engine by what the job remembers. Options that this process was
// given are newer, and replace that.
func newFollower(ctx context.Context, w io.Writer, dir string, job *store.Job, engine *engine.Engine, se *session, set store.Steering) (*follower, error) {
	h := &follower{dir: dir, job: job, engine: engine, se: se, now: jobs.Steering{Workers: se.engine.Workers, MaxRate: se.engine.Rules.MaxRate}}
	if rest := without(set.Tuning, se.told); rest != set.Tuning {
		if err := job.Tune(ctx, rest); err != nil {
			return nil, &jobs.CheckpointError{Err: err}
		}
		set.Tuning = rest
	}
	if set.Tuning != (jobs.Tuning{}) {
		fmt.Fprintf(w, "uses %s, as set with adferry tune\n", set.Tuning)
	}
	if !set.PausedAt.IsZero() {
		fmt.Fprintln(w, reports.StartsPaused(dir, set.PausedAt))
	}
	h.steer(set)
	return h, nil
}

// without is a tuning without what a process was given itself.
func without(t, told jobs.Tuning) jobs.Tuning {
	if told.Workers != nil {
		t.Workers = nil
	}
	if told.MaxRate != nil {
		t.MaxRate = nil
	}
	return t
}

// steer passes on what was set. What was not set is as the process was given it.
func (h *follower) steer(set store.Steering) (changed bool) {
	to := jobs.Steering{Paused: !set.PausedAt.IsZero(), Workers: h.se.engine.Workers, MaxRate: h.se.engine.Rules.MaxRate}
	if set.Workers != nil {
		to.Workers = *set.Workers
	}
	if set.MaxRate != nil {
		to.MaxRate = *set.MaxRate
	}
	if to == h.now {
		return false
	}
	h.engine.Steer(to)
	h.se.progress.Paused(to.Paused)
	h.se.log.Info("steered", "paused", to.Paused, "workers", to.Workers, "max_rate", to.MaxRate)
	h.now = to
	return true
}

// follow looks for changes until it is released.
func (h *follower) follow(ctx context.Context) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(followEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			before := h.now
			// A reading that fails will do better next time, or the engine ends for the same
			// reason.
			if set, err := h.job.Steering(ctx); err == nil && h.steer(set) {
				h.tell(before)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// tell shows what changed.
func (h *follower) tell(before jobs.Steering) {
	switch {
	case h.now.Paused && !before.Paused:
		h.se.progress.Note("paused; go on with adferry unpause " + reports.Quote(h.dir))
	case before.Paused && !h.now.Paused:
		h.se.progress.Note("unpaused")
	}
	if h.now.Workers != before.Workers || h.now.MaxRate != before.MaxRate {
		h.se.progress.Note("tuned: " + jobs.Tuning{Workers: &h.now.Workers, MaxRate: &h.now.MaxRate}.String())
	}
}
