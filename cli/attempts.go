package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/reports"
)

// attempts carry out what is left of a job: one engine does, unless the job's database is lost
// meanwhile.
type attempts struct {
	s       *streams
	se      *session
	place   place
	link    link
	options engine.Options
}

// run runs the job to its end or to a stop, and returns why the last engine stopped. When the
// database is lost, it waits until the job can be opened there again, for as long as --max-wait and
// --max-duration allow, and goes on. last is the job as it was opened last; those before are
// closed.
func (a *attempts) run(ctx context.Context, job *store.Job) (last *store.Job, stop error) {
	began, most := time.Now(), a.options.MaxDuration
	for {
		stop = a.once(ctx, job)
		if a.place.database == nil || !postgres.IsLost(stop) || a.se.interrupted.Err() != nil {
			return job, stop
		}
		if most > 0 {
			a.options.MaxDuration = max(time.Second, most-time.Since(began))
		}
		_ = job.Unlock() // where a connection is left, it has the lock
		next, err := a.reopen(ctx, stop)
		if err != nil {
			return job, whileRunning(err)
		}
		_ = job.Close()
		job = next
		a.se.showAnew(a.s)
		if err := job.SetRunning(ctx, a.se.pace()); err != nil {
			return job, whileRunning(&jobs.CheckpointError{Err: err})
		}
	}
}

// once runs the job with one engine.
func (a *attempts) once(ctx context.Context, job *store.Job) error {
	set, err := job.Steering(ctx)
	if err != nil {
		return whileRunning(&jobs.CheckpointError{Err: err})
	}
	left, err := job.Unfinished(ctx)
	if err != nil {
		return whileRunning(&jobs.CheckpointError{Err: err})
	}
	defer a.se.exporter.show(ctx, "", job)()
	options := a.options
	options.Held = job.Held
	engine := engine.New(a.link, job, options)
	unfollow, err := follow(ctx, a.s, a.se, a.place, job, engine, set)
	if err != nil {
		return whileRunning(&jobs.CheckpointError{Err: err})
	}
	defer unfollow()
	defer stopWithJob(job, engine)()
	if s, err := job.Live(ctx); err == nil {
		logStart(a.se.log, s)
	}
	defer showProgress(ctx, a.se, job, a.place)()
	if !left {
		a.se.progress.Note(reports.NothingLeft)
	}
	return whileRunning(a.se.run(ctx, engine))
}

// stopWithJob stops the engine when the job can no longer be written, until it is released.
func stopWithJob(job *store.Job, engine *engine.Engine) (release func()) {
	released := make(chan struct{})
	go func() {
		select {
		case <-job.Broken():
			_, err := job.Held()
			engine.Stop(&jobs.CheckpointError{Err: err})
		case <-released:
		}
	}()
	return func() { close(released) }
}

// reopen waits until the job can be opened again after its database was lost.
func (a *attempts) reopen(ctx context.Context, lost error) (*store.Job, error) {
	ctx, release := a.se.untilInterrupted(ctx)
	defer release()
	for _, end := range []struct {
		after time.Duration
		why   error
	}{{a.options.MaxWait, lost}, {a.options.MaxDuration, jobs.ErrDuration}} {
		if end.after > 0 {
			var cancel func()
			ctx, cancel = context.WithTimeoutCause(ctx, end.after, end.why)
			defer cancel()
		}
	}
	why := lost
	if e, ok := errors.AsType[*postgres.UnavailableError](lost); ok {
		why = e
	}
	a.se.log.Warn("database lost", "error", why)
	if !a.se.quiet {
		fmt.Fprintln(a.s.err, reports.DatabaseLost(why))
	}
	job, err := a.place.database.Reopen(ctx, a.place.Name)
	if err == nil {
		a.se.log.Info("database found again")
	}
	return job, err
}
