package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/reports"
)

// errReports: the run's outcome is safe in the job, and its reports are not
// written.
var errReports = errors.New("the reports could not be written")

// runJob runs an open job to its end or to a stop, and reports.
func runJob(ctx context.Context, s *streams, se *session, job *store.Job, dir string) error {
	return withJob(dir, runAndReport(ctx, s, se, job, dir))
}

// runAndReport is runJob, but its errors do not say which job they are about.
func runAndReport(ctx context.Context, s *streams, se *session, job *store.Job, dir string) error {
	api, err := se.connect(job)
	if err != nil {
		return err
	}
	meta, err := job.Meta(ctx)
	if err != nil {
		return err
	}
	if err := se.server().check(dir, meta); err != nil {
		return err
	}
	if meta.Settings, err = keepSettings(ctx, se, job, meta); err != nil {
		return err
	}
	options, release, err := optionsFor(se, meta, dir)
	if err != nil {
		return err
	}
	defer release()
	leaveRegistry, err := register(ctx, s, job, dir, se, meta)
	if err != nil {
		return err
	}
	defer leaveRegistry()
	removeLeftovers(dir)
	if err := markRunning(ctx, se, job, meta); err != nil {
		return err
	}
	defer se.exporter.show(ctx, job)()
	engine := engine.New(api, job, options)
	unfollow, err := follow(ctx, s, se, dir, job, engine, meta.Steering)
	if err != nil {
		return err
	}
	ignoreSignals := stopOnSignal(se, engine)
	stop := whileRunning(engine.Run(ctx))
	unfollow()
	ignoreSignals()
	se.progress.Stop()
	return finish(context.WithoutCancel(ctx), s, se, job, dir, stop)
}

// markRunning records that a process runs the job, where, and what of it is to be tried
// again.
func markRunning(ctx context.Context, se *session, job *store.Job, meta store.Meta) error {
	if err := se.server().store(ctx, job, meta); err != nil {
		return err
	}
	if se.reopen {
		if err := job.Reopen(ctx); err != nil {
			return &jobs.CheckpointError{Err: err}
		}
	}
	if err := job.SetRunning(ctx); err != nil {
		return &jobs.CheckpointError{Err: err}
	}
	return nil
}

// keepSettings checks that the job deletes no more than it may, and keeps what the
// options change of how it is run.
func keepSettings(ctx context.Context, se *session, job *store.Job, meta store.Meta) (store.Settings, error) {
	deletes, err := job.Deletes(ctx)
	if err != nil {
		return meta.Settings, err
	}
	if err := checkMaxDelete(se.mostDeletes, deletes, meta.Manifest.Rows); err != nil {
		return meta.Settings, err
	}
	settings := store.Settings{
		Backup:   cmp.Or(se.settings.Backup, meta.Settings.Backup),
		OnDenied: cmp.Or(se.settings.OnDenied, meta.Settings.OnDenied),
	}
	if settings == meta.Settings {
		return settings, nil
	}
	if err := job.SetSettings(ctx, settings); err != nil {
		return settings, &jobs.CheckpointError{Err: err}
	}
	return settings, nil
}

// optionsFor gives the engine what the job in dir is to be run with.
func optionsFor(se *session, meta store.Meta, dir string) (o engine.Options, release func(), err error) {
	o = se.engine
	o.UploadInstead = meta.OnDenied == "upload"
	o.Pictures = filepath.Join(dir, "pictures")
	o.File = filesIn(filepath.Dir(meta.Manifest.Path))
	o.Observe = watch(se)
	if meta.Backup == "" {
		return o, func() {}, nil
	}
	folder, err := backup.Open(meta.Backup, o.Downloader)
	if err != nil {
		return o, nil, usagef("name another folder with --backup DIR; nothing was sent", "%w", err)
	}
	o.Backup = folder
	return o, func() { _ = folder.Close() }, nil
}

// finish writes what a stop leaves behind and decides the exit code.
func finish(ctx context.Context, s *streams, se *session, job *store.Job, dir string, stop error) error {
	summary, err := job.Summary(ctx)
	if err != nil {
		return keepFirst(s, stop, withJob(dir, &jobs.CheckpointError{Err: err}))
	}
	why := ""
	if summary.State == jobs.JobFinished {
		stop = nil
		if summary.Totals.Failed > 0 {
			stop = &endedError{exitFailures}
		}
	} else if stop != nil {
		why = stop.Error()
	}
	if err := job.SetStop(ctx, exitCode(stop), why); err != nil && stop == nil {
		stop = &jobs.CheckpointError{Err: err}
	}
	if err := reports.Write(ctx, dir, job); err != nil {
		failed := withJob(dir, fmt.Errorf("%w: %w", errReports, err))
		if exitCode(stop) < exitStopped {
			return failed
		}
		report(s.err, failed)
	}
	if !se.quiet {
		if summary, err = job.Summary(ctx); err != nil {
			return keepFirst(s, stop, withJob(dir, &jobs.CheckpointError{Err: err}))
		}
		fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Dir: dir}))
	} else if failed := summary.Totals.Failed; stop != nil && failed > 0 {
		fmt.Fprintln(s.err, "adferry: "+reports.FailedRows(failed, filepath.Join(dir, "failed.csv")))
	}
	s.out.warnLost(s.err) // how the run went is what its exit code says
	return stop
}

// keepFirst keeps why the run stopped as the error to end with, and tells of what
// went wrong after it.
func keepFirst(s *streams, stop, err error) error {
	if stop == nil {
		return err
	}
	report(s.err, err)
	return stop
}

// watch passes the engine's events on to the progress display and the log.
func watch(se *session) func(jobs.Event) {
	return func(e jobs.Event) {
		switch e.Kind {
		case jobs.EventStarted:
			se.progress.Start(e.Total, e.Settled, e.Failed)
			se.log.Info("started", "operations", e.Total, "settled", e.Settled, "failed", e.Failed)
		case jobs.EventSettled:
			se.progress.Settled(e.Outcome.State == jobs.Failed, e.Outcome.State == jobs.Skipped)
			attrs := []any{"operation", e.Op.Kind.String(), "source", string(e.Op.Source), "hash", string(e.Op.Hash), "target", string(e.Op.Target),
				"state", e.Outcome.State.String(), "reason", string(e.Outcome.Reason), "attempts", e.Outcome.Attempts}
			if e.Outcome.State == jobs.Failed {
				se.log.Warn("failed", append(attrs, "error", e.Outcome.Message, "fbtrace_id", e.Outcome.TraceID)...)
			} else {
				se.log.Debug("settled", attrs...)
			}
		case jobs.EventMissed:
			for i := range e.Settled {
				se.progress.Settled(i < e.Failed, i >= e.Failed && i < e.Failed+e.Skipped)
			}
			se.log.Warn("settled, and not logged one by one", "operations", e.Settled, "failed", e.Failed)
		case jobs.EventParked:
			se.progress.Parked(string(e.Account), e.Until, e.Text)
			se.log.Info("parked", "account", string(e.Account), "until", e.Until, "why", e.Text)
		case jobs.EventResumed:
			se.progress.Resumed(string(e.Account))
			se.log.Info("resumed", "account", string(e.Account))
		case jobs.EventWaiting:
			if e.Until.IsZero() {
				se.progress.Resumed(string(e.Account))
				break
			}
			se.progress.Parked(string(e.Account), e.Until, e.Text)
			se.log.Info("waiting", "account", string(e.Account), "until", e.Until, "why", e.Text)
		case jobs.EventWarning:
			se.progress.Note(e.Text)
			se.log.Warn(e.Text)
		}
	}
}

// stopOnSignal lets the first signal drain the engine. The second one ends the process,
// which loses nothing, because every intent is on disk.
func stopOnSignal(se *session, engine *engine.Engine) (release func()) {
	return onStopSignal(func() {
		engine.Stop(jobs.ErrInterrupted)
		se.progress.Note("stopping: requests in flight may end; interrupt again to stop now")
	}, func() {
		se.progress.Stop()
		os.Exit(exitStopped)
	})
}
