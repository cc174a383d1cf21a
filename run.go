package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// errReports: the run's outcome is safe in the job, and its reports are not
// written.
var errReports = errors.New("the reports could not be written")

func runCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "carry out a manifest, or go on with it",
		ArgsUsage: "MANIFEST",
		Description: "Makes the job in DIR and runs it. The same manifest on an existing job resumes it.\n" +
			"Deletions want --yes, or a yes at the terminal.",
		Flags: append([]cli.Flag{
			stringFlag("job", "", "DIR", "folder of the job; by default the manifest's path with .job for its extension"),
			boolFlag("yes", "agree to the deletions that the manifest asks for"),
			stringFlag("max-delete", "", "N|P%", "refuse to start when the plan deletes more images than this, or a greater share of its rows"),
			boolFlag("dry-run", "print the plan and send nothing"),
		}, runFlags()...),
		Action: func(c *cli.Context) error { return runManifest(c, s) },
	}
}

func resumeCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "go on where a job stopped", ArgsUsage: "DIR", Flags: runFlags(),
		Action: func(c *cli.Context) error { return resume(c, s, false) },
	}
}

func retryCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "retry", Usage: "re-open a job's failed operations and run them", ArgsUsage: "DIR", Flags: runFlags(),
		Action: func(c *cli.Context) error { return resume(c, s, true) },
	}
}

// session is what a run needs besides its job, checked before anything is
// opened or made.
type session struct {
	options  jobs.Options
	progress *reports.Progress
	quiet    bool
	log      *slog.Logger
	connect  func(*store.Job) (jobs.API, error)
}

func newSession(c *cli.Context, s *streams, sandboxed bool) (*session, error) {
	options, err := engineOptions(c)
	if err != nil {
		return nil, err
	}
	mode, err := reports.ParseMode(c.String("progress"))
	if err != nil {
		return nil, usagef("", "--progress: %w", err)
	}
	log, err := logger(c, s)
	if err != nil {
		return nil, err
	}
	se := &session{options: options, progress: reports.NewProgress(mode, s.err), quiet: mode == reports.ProgressNone, log: log}
	if sandboxed {
		se.connect = func(j *store.Job) (jobs.API, error) { return rehearse(c.Context, j, log) }
		return se, nil
	}
	api, err := connect(c, s, log)
	if err != nil {
		return nil, err
	}
	se.connect = func(*store.Job) (jobs.API, error) { return api, nil }
	return se, nil
}

// runManifest is the main job.
func runManifest(c *cli.Context, s *streams) error {
	path, err := argument(c, "MANIFEST")
	if err != nil {
		return err
	}
	limit, err := share(c, "max-delete")
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		if _, err := engineOptions(c); err != nil {
			return err
		}
		return printPlan(s, path, false)
	}
	dir := c.String("job")
	if dir == "" {
		dir = strings.TrimSuffix(path, filepath.Ext(path)) + ".job"
	}
	se, err := newSession(c, s, c.Bool("sandbox"))
	if err != nil {
		return err
	}
	if _, err := store.View(c.Context, dir); err == nil {
		return runAgain(c, s, se, path, dir)
	} else if !errors.Is(err, store.ErrNoJob) {
		return err
	}
	p, err := readManifest(path, nil)
	if err != nil {
		return showProblems(s, err)
	}
	if err := agree(c, s, p, limit); err != nil {
		return err
	}
	job, made, err := store.Create(c.Context, dir, store.Spec{
		Manifest: absolute(path), Consent: true, Sandbox: c.Bool("sandbox"),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) { return readManifest(path, visit) },
	})
	if err != nil {
		return asDisk(showProblems(s, err))
	}
	defer job.Close()
	if made.SHA256 != p.SHA256 {
		return fmt.Errorf("%s changed while it was read", path)
	}
	return carryOut(c.Context, s, se, job, dir)
}

// runAgain goes on with the job that an earlier run of the manifest made.
func runAgain(c *cli.Context, s *streams, se *session, path, dir string) error {
	sum, err := fileSum(path)
	if err != nil {
		return &usageError{err: err}
	}
	job, err := store.Open(c.Context, dir)
	if err != nil {
		return err
	}
	defer job.Close()
	meta, err := job.Meta(c.Context)
	if err != nil {
		return err
	}
	if meta.Manifest.SHA256 != sum {
		return usagef("name another folder with --job DIR, or go on with the old one: adferry resume "+dir,
			"%s holds the job of another manifest (%s)", dir, meta.Manifest.Path)
	}
	if meta.Sandbox != c.Bool("sandbox") {
		return usagef("name another folder with --job DIR", "%s holds a job that runs %s", dir, against(meta.Sandbox))
	}
	return carryOut(c.Context, s, se, job, dir)
}

func against(sandbox bool) string {
	if sandbox {
		return "against the sandbox (--sandbox)"
	}
	return "against the API, not the sandbox"
}

// resume goes on with a job; with reopen its failed operations are tried anew.
func resume(c *cli.Context, s *streams, reopen bool) error {
	dir, err := argument(c, "DIR")
	if err != nil {
		return err
	}
	view, err := store.View(c.Context, dir)
	if err != nil {
		return err
	}
	meta, err := view.Meta(c.Context)
	view.Close()
	if err != nil {
		return err
	}
	if c.Bool("sandbox") && !meta.Sandbox {
		return usagef("", "%s holds a job that runs %s", dir, against(false))
	}
	se, err := newSession(c, s, meta.Sandbox)
	if err != nil {
		return err
	}
	job, err := store.Open(c.Context, dir)
	if err != nil {
		return err
	}
	defer job.Close()
	if reopen {
		if err := job.Reopen(c.Context); err != nil {
			return &jobs.CheckpointError{Err: err}
		}
	}
	return carryOut(c.Context, s, se, job, dir)
}

// carryOut runs an open job to its end or to a stop, and reports.
func carryOut(ctx context.Context, s *streams, se *session, job *store.Job, dir string) error {
	api, err := se.connect(job)
	if err != nil {
		return err
	}
	meta, err := job.Meta(ctx)
	if err != nil {
		return err
	}
	se.options.File = filesBeside(meta.Manifest.Path)
	se.options.Observe = watch(se)
	if err := job.SetRunning(ctx); err != nil {
		return &jobs.CheckpointError{Err: err}
	}
	engine := jobs.New(api, job, se.options)
	release := stopOnSignal(se, engine)
	stop := engine.Run(ctx)
	release()
	se.progress.Stop()
	return finish(context.WithoutCancel(ctx), s, se, job, dir, stop)
}

// finish writes what a stop leaves behind and decides the exit code.
func finish(ctx context.Context, s *streams, se *session, job *store.Job, dir string, stop error) error {
	summary, err := job.Summary(ctx)
	if err != nil {
		return errors.Join(stop, err)
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
		failed := fmt.Errorf("%w: %w", errReports, err)
		if exitCode(stop) < exitStopped {
			return failed
		}
		report(s.err, failed)
	}
	if !se.quiet {
		if summary, err = job.Summary(ctx); err != nil {
			return errors.Join(stop, err)
		}
		fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Dir: dir}))
	}
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
		case jobs.EventParked:
			se.progress.Parked(string(e.Account), e.Until, e.Text)
			se.log.Info("parked", "account", string(e.Account), "until", e.Until, "why", e.Text)
		case jobs.EventResumed:
			se.progress.Resumed(string(e.Account))
			se.log.Info("resumed", "account", string(e.Account))
		case jobs.EventWarning:
			se.progress.Note(e.Text)
			se.log.Warn(e.Text)
		}
	}
}

// stopOnSignal lets the first signal drain the engine and the second one leave
// at once: every intent is on disk, so that loses nothing.
func stopOnSignal(se *session, engine *jobs.Engine) (release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
			}
			if n > 0 {
				se.progress.Stop()
				os.Exit(exitStopped)
			}
			engine.Stop(jobs.ErrInterrupted)
			se.progress.Note("stopping: requests in flight may end; once more leaves at once")
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// readManifest reads and checks a manifest file.
func readManifest(path string, visit func(plan.Row) error) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("", "manifest: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usagef("", "manifest: %s is a folder; adferry resume goes on with a job", path)
	}
	return plan.Read(f, visit)
}

// showProblems prints every problem of a manifest, one a line, and leaves a
// short error to end with.
func showProblems(s *streams, err error) error {
	var e *plan.ProblemsError
	if !errors.As(err, &e) {
		return err
	}
	for _, p := range e.Problems {
		fmt.Fprintln(s.err, p)
	}
	n := len(e.Problems) + e.More
	if e.More > 0 {
		fmt.Fprintf(s.err, "... and %d more\n", e.More)
	}
	if n == 1 {
		return usagef("mend it and run again", "the manifest has 1 problem; nothing was sent")
	}
	return usagef("mend them and run again", "the manifest has %d problems; nothing was sent", n)
}

// asDisk takes an error of making the job file for what it is: a disk that does
// not take it.
func asDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EDQUOT) {
		return &jobs.CheckpointError{Err: err}
	}
	return err
}

// filesBeside reads the files that upload rows name, which lie in the
// manifest's folder and nowhere else.
func filesBeside(manifest string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		root, err := os.OpenRoot(filepath.Dir(manifest))
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return root.ReadFile(filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))
	}
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("manifest: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("manifest: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
