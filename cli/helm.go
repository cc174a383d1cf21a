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

// followEvery is how often a process looks for what others set of its job.
const followEvery = 500 * time.Millisecond

// helm brings to an engine what people set of its job from other processes.
type helm struct {
	dir    string
	job    *store.Job
	engine *engine.Engine
	se     *session
	now    jobs.Steering // what the engine goes by
}

// newHelm makes an engine go by what the job has of it already. What the process was
// told itself is newer, and ends that.
func newHelm(ctx context.Context, w io.Writer, dir string, job *store.Job, engine *engine.Engine, se *session, set store.Steering) (*helm, error) {
	h := &helm{dir: dir, job: job, engine: engine, se: se, now: jobs.Steering{Workers: se.options.Workers, MaxRate: se.options.Rules.MaxRate}}
	if rest := without(set.Tuning, se.told); rest != set.Tuning {
		if err := job.Tune(ctx, rest); err != nil {
			return nil, &jobs.CheckpointError{Err: err}
		}
		set.Tuning = rest
	}
	if set.Tuning != (jobs.Tuning{}) {
		fmt.Fprintf(w, "adferry tune set %s for this job\n", set.Tuning)
	}
	if !set.PausedAt.IsZero() {
		fmt.Fprintf(w, "%s is paused since %s: nothing is sent until adferry unpause %s\n", oneLine(dir), clock(set.PausedAt), reports.Quote(dir))
	}
	h.turn(set)
	return h, nil
}

// without is a tuning but for what a process was told itself.
func without(t, told jobs.Tuning) jobs.Tuning {
	if told.Workers != nil {
		t.Workers = nil
	}
	if told.MaxRate != nil {
		t.MaxRate = nil
	}
	return t
}

// turn passes on what was set. What is not set is as the process was told.
func (h *helm) turn(set store.Steering) (changed bool) {
	to := jobs.Steering{Paused: !set.PausedAt.IsZero(), Workers: h.se.options.Workers, MaxRate: h.se.options.Rules.MaxRate}
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
func (h *helm) follow(ctx context.Context) (release func()) {
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
			if set, err := h.job.Steering(ctx); err == nil && h.turn(set) {
				h.tell(before)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// tell notes what is different from before.
func (h *helm) tell(before jobs.Steering) {
	switch {
	case h.now.Paused && !before.Paused:
		h.se.progress.Note("paused: nothing more is sent until adferry unpause " + reports.Quote(h.dir))
	case before.Paused && !h.now.Paused:
		h.se.progress.Note("unpaused: it goes on")
	}
	if h.now.Workers != before.Workers || h.now.MaxRate != before.MaxRate {
		h.se.progress.Note("tuned: " + jobs.Tuning{Workers: &h.now.Workers, MaxRate: &h.now.MaxRate}.String())
	}
}
