package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/engine"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/undo"
	"adferry/plan"
	"adferry/reports"
)

// errReports: the run's outcome is safe in the job, and its reports are not
// written.
var errReports = errors.New("the reports could not be written")

// runJob runs an open job to its end or to a stop, and reports. Of a job whose file is not sound
// nothing is reported but that.
func runJob(ctx context.Context, s *streams, se *session, job *store.Job, p place) error {
	err := runAndReport(ctx, s, se, job, p)
	if unsound := job.Sound(); unsound != nil {
		err = unsound
	}
	return withJob(p, err)
}

// runAndReport is runJob, but its errors do not say which job they are about.
func runAndReport(ctx context.Context, s *streams, se *session, job *store.Job, p place) error {
	l, err := se.connected(ctx, job)
	if err != nil {
		return err
	}
	meta, err := job.Meta(ctx)
	if err != nil {
		return err
	}
	if err := se.server().check(p, meta); err != nil {
		return err
	}
	if meta.Settings, err = keepSettings(ctx, se, job, meta); err != nil {
		return err
	}
	unlock, err := p.claimFolder()
	if err != nil {
		return err
	}
	defer unlock()
	options, release, err := optionsFor(ctx, se, meta, p.Folder)
	if err != nil {
		return err
	}
	defer release()
	leaveRegistry, err := register(ctx, s, job, p, se, meta)
	if err != nil {
		return err
	}
	defer leaveRegistry()
	removeLeftovers(p.Folder)
	if err := markRunning(ctx, se, job, meta); err != nil {
		return err
	}
	if err := keepCredentials(ctx, s, se, job, meta, l); err != nil {
		return err
	}
	a := &attempts{s, se, p, l, options}
	last, stop := a.run(ctx, job)
	if last != job { // which its opener closes
		defer last.Close()
	}
	return finish(context.WithoutCancel(ctx), s, se, last, p, stop)
}

// showProgress shows how the job in a place goes, or without one how its reads go, until it is
// released; what was shown then stays on the screen. Like the metrics, it reads by the job's own
// connections.
func showProgress(ctx context.Context, se *session, job *store.Job, p place) (release func()) {
	reading, cancel := context.WithCancel(ctx)
	live := func() (jobs.Summary, error) { return job.Live(reading) }
	se.progress.Start(p.Place, live)
	return func() {
		cancel()
		if s, err := job.Summary(context.WithoutCancel(ctx)); err == nil {
			se.progress.Finish(s)
		}
		se.progress.Stop()
	}
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
	if err := job.SetRunning(ctx, se.pace()); err != nil {
		return &jobs.CheckpointError{Err: err}
	}
	return nil
}

// keepCredentials has the job remember with which credentials it runs, and tells if they are
// others than before.
func keepCredentials(ctx context.Context, s *streams, se *session, job *store.Job, meta store.Meta, l link) error {
	if l.client == nil {
		return nil
	}
	if err := keepLabels(ctx, job, l); err != nil {
		return &jobs.CheckpointError{Err: err}
	}
	now := store.Credentials{SHA256: l.client.Set().SHA256, Labels: l.labels, Apps: l.client.Apps()}
	before := meta.Credentials
	if now.SHA256 == before.SHA256 && (now.SHA256 == "" || slices.Equal(now.Labels, before.Labels) && maps.Equal(now.Apps, before.Apps)) {
		return nil
	}
	if before.SHA256 != "" && !slices.Equal(now.Labels, before.Labels) && !se.quiet {
		fmt.Fprintln(s.err, reports.OtherCredentials(before.Labels, now.Labels))
	}
	if err := job.SetCredentials(ctx, now); err != nil {
		return &jobs.CheckpointError{Err: err}
	}
	return nil
}

// keepLabels has a job whose workers have agreed on labels go on with those of this process.
func keepLabels(ctx context.Context, job *store.Job, l link) error {
	known, err := job.Labels(ctx)
	if err != nil || known == nil {
		return err
	}
	accounts, err := job.Accounts(ctx)
	if err != nil {
		return err
	}
	if mine := l.client.Set().LabelsOf(accounts); !maps.Equal(mine, known) {
		return job.SetLabels(ctx, mine)
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
func optionsFor(ctx context.Context, se *session, meta store.Meta, dir string) (o engine.Options, release func(), err error) {
	o = se.engine
	o.UploadInstead = meta.OnDenied == jobs.UploadDenied
	o.Pictures = filepath.Join(dir, "pictures")
	if meta.Folders.Pictures != "" && proof.Check(ctx, meta) == nil { // where workers of the job have theirs
		o.Pictures = meta.Folders.Pictures
	}
	o.File = filesIn(filepath.Dir(meta.Manifest.Path))
	o.Observe = watch(se)
	closeKept := func() {}
	kept, err := undo.OpenPictures(ctx, dir, meta.Backup)
	if err != nil {
		return o, nil, err
	}
	if kept != nil {
		o.Kept, closeKept = keptIn(dir, kept), kept.Close
	}
	if meta.Backup == "" {
		return o, closeKept, nil
	}
	folder, err := backup.Open(meta.Backup, o.Downloader)
	if err != nil {
		closeKept()
		return o, nil, usagef("name another folder with --backup DIR; nothing was sent", "%w", err)
	}
	o.Backup = folder
	return o, func() { closeKept(); _ = folder.Close() }, nil
}

// keptIn finds the files of kept pictures for the undo in dir.
func keptIn(dir string, kept *undo.Pictures) func(plan.Op) (graph.File, graph.Sum, error) {
	files := filesIn(dir)
	return func(op plan.Op) (file graph.File, sum graph.Sum, err error) {
		if op.File, sum, err = kept.Find(op); err == nil {
			file, err = files(op)
		}
		return file, sum, err
	}
}

// finish writes what a stop leaves behind and decides the exit code.
func finish(ctx context.Context, s *streams, se *session, job *store.Job, p place, stop error) error {
	if err := job.Sound(); err != nil {
		return err
	}
	summary, err := job.Summary(ctx)
	if err != nil && postgres.IsLost(stop) { // for the same reason
		return stop
	}
	if err != nil {
		return keepFirst(s, stop, withJob(p, &jobs.CheckpointError{Err: err}))
	}
	why := ""
	if summary.State == jobs.JobFinished {
		stop = endOf(summary)
	} else if stop != nil {
		why = stop.Error()
	}
	if err := job.SetStop(ctx, exitCode(stop), why); err != nil && stop == nil {
		stop = &jobs.CheckpointError{Err: err}
	}
	unwritten := reports.Write(ctx, p.Place, job)
	if unwritten != nil {
		unwritten = withJob(p, fmt.Errorf("%w: %w", errReports, unwritten))
	}
	if summary, err = job.Summary(ctx); err != nil {
		return keepFirst(s, stop, withJob(p, &jobs.CheckpointError{Err: err}))
	}
	return conclude(s, se, p, summary, stop, unwritten)
}

// endOf is what the run of a finished job ends with.
func endOf(summary jobs.Summary) error {
	if summary.Totals.Failed > 0 {
		return &endedError{exitFailures}
	}
	return nil
}

// conclude tells how a run ended: why it stopped, and why its reports are not written.
func conclude(s *streams, se *session, p place, summary jobs.Summary, stop, unwritten error) error {
	code := exitCode(stop)
	if unwritten != nil && code < exitStopped {
		code = exitCode(unwritten)
	}
	se.progress.End(summary, p.Place, code, unwritten == nil)
	logEnd(se.log, summary, code)
	if unwritten != nil {
		if exitCode(stop) < exitStopped {
			return unwritten
		}
		report(s.err, unwritten)
	}
	if !se.silent {
		fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Place: p.Place, Now: time.Now(), Written: unwritten == nil, Width: reports.Width(s.screen)}))
	}
	if se.quiet && stop != nil { // a timer may throw the result away
		complain(s.err, reports.EndLine(summary, p.Place, unwritten == nil))
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

// watch passes the engine's events on to the log, and its warnings to the progress display.
// How the run goes is read from the job.
func watch(se *session) func(jobs.Event) {
	return func(e jobs.Event) {
		logEvent(se.log, e)
		switch {
		case e.Kind == jobs.EventWarning:
			se.progress.Note(e.Text)
		case e.Kind.AboutWaits():
			se.progress.Event(e)
		}
	}
}

// lastWords bounds how long a second signal waits for a terminal that takes nothing any more.
const lastWords = 2 * time.Second

// stopOnSignal lets the first signal drain the session's engine, now and of those that follow; what
// is made or waited for before that ends ([session.untilInterrupted]). The second one ends the process,
// which loses nothing, because every intent is on disk. It is for all of a command that runs a job,
// from before that is made or opened until the reports are written.
func stopOnSignal(s *streams, se *session, p place) (release func()) {
	return onStopSignal(func() {
		se.interrupt()
		if e := se.running.Load(); e != nil {
			e.Stop(jobs.ErrInterrupted)
			se.progress.Stopping("stopping: requests in flight may end; interrupt again to stop now")
		}
	}, func() {
		told := make(chan struct{})
		go func() {
			defer close(told)
			se.progress.Stop()
			se.log.Warn("stopped at once")
			complain(s.err, reports.StoppedAtOnce(p.Place))
		}()
		select {
		case <-told:
		case <-time.After(lastWords):
		}
		os.Exit(exitStopped)
	})
}
