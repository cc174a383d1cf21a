package control

import (
	"context"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
)

// followEvery is how often a process reads what was set.
const followEvery = 500 * time.Millisecond

// Job remembers what was set; a *store.Job does.
type Job interface {
	Steering(ctx context.Context) (store.Steering, error)
	Tune(ctx context.Context, t jobs.Tuning) error
}

// Start makes the job forget what was tuned of that which this process was given by
// option, because that is newer, and returns what holds now. Its error is a
// *jobs.CheckpointError.
func Start(ctx context.Context, job Job, set store.Steering, given jobs.Tuning) (store.Steering, error) {
	rest := without(set.Tuning, given)
	if rest == set.Tuning {
		return set, nil
	}
	if err := job.Tune(ctx, rest); err != nil {
		return set, &jobs.CheckpointError{Err: err}
	}
	set.Tuning = rest
	return set, nil
}

// Follow calls changed, from a goroutine of its own, whenever what was set has changed how
// the process runs its job, until it is released. now is how it runs the job when Follow
// is called, options is how it does where nothing was set.
func Follow(ctx context.Context, job Job, options, now jobs.Steering, changed func(before, now jobs.Steering)) (release func()) {
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
			set, err := job.Steering(ctx)
			if err != nil { // the next reading may succeed; if not, the engine ends for the same reason
				continue
			}
			before := now
			if now = Effective(options, set); now != before {
				changed(before, now)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
