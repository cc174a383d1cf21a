package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

func runCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "carry out a manifest, or go on with it",
		ArgsUsage: "MANIFEST",
		Description: "Makes the job in DIR and runs it. The same manifest on an existing job resumes it.\n" +
			"Deletions want --yes, or a yes at the terminal. DIR is new or empty: other files there are refused.\n" +
			"MANIFEST may be a pipe, or - for standard input; --job names the folder then, and files of uploads are\n" +
			"relative to the working folder.",
		Flags: append([]cli.Flag{
			stringFlag("job", "", "DIR", "folder of the job; by default the manifest's path with .job for its extension"),
			boolFlag("yes", "agree to the deletions that the manifest asks for"),
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
		Description: "Renew what made them fail first; report.html says what. A write of the job that was not\n" +
			"confirmed is waited for before anything is opened, a minute at most.",
		Action: func(c *cli.Context) error { return resume(c, s, true) },
	}
}

// session is what a run needs besides its job, checked before anything is
// opened or made.
type session struct {
	options     engine.Options
	told        jobs.Tuning    // as far as the options were given
	settings    store.Settings // given now; empty ones stay as the job has them
	mostDeletes jobs.Share
	dryRun      bool
	reopen      bool // the job's failed operations
	server      server
	timer       string // folder under which a timer's run makes the job's; else empty

	progress *reports.Progress
	quiet    bool
	log      *slog.Logger
	connect  func(*store.Job) (dispatch.API, error)
	exporter *exporter // nil unless asked for
}

// newSession has to be closed.
func newSession(c *cli.Context, s *streams, sandboxed bool) (*session, error) {
	se, err := checkSession(c, s)
	if err != nil {
		return nil, err
	}
	return se, se.connectTo(c, s, sandboxed)
}

// checkSession is newSession as far as the options alone go: what they are about may
// be looked at before a token is asked for.
func checkSession(c *cli.Context, s *streams) (*session, error) {
	options, err := engineOptions(c)
	if err != nil {
		return nil, err
	}
	told, err := tuning(c)
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
	limit, err := share(c, "max-delete")
	if err != nil {
		return nil, err
	}
	settings, err := newSettings(c)
	if err != nil {
		return nil, err
	}
	return &session{
		options: options, told: told, settings: settings, mostDeletes: limit, dryRun: c.Bool("dry-run"), server: serverOf(c),
		progress: reports.NewProgress(mode, s.terminal), quiet: mode == reports.ProgressNone, log: log,
	}, nil
}

// connectTo makes the session ready to send.
func (se *session) connectTo(c *cli.Context, s *streams, sandboxed bool) (err error) {
	if se.dryRun { // nothing is sent, so no token is asked for
		return nil
	}
	if sandboxed {
		se.connect = func(j *store.Job) (api dispatch.API, err error) {
			api, se.options.Gallery, err = onSandbox(c.Context, j, se.log)
			return api, err
		}
	} else {
		api, err := connect(c, s, se.log)
		if err != nil {
			return err
		}
		se.connect = func(*store.Job) (dispatch.API, error) { return api, nil }
		se.options.Gallery = graph.NewDownloader(graph.NewTransport(), c.Duration("timeout"), userAgent())
	}
	se.exporter, err = newExporter(c.String("metrics"), s, se.log, se.quiet)
	return err
}

func (se *session) close() { se.exporter.close() }

// newSettings reads what a job is to keep for later runs; empty where the options
// leave it as it is.
func newSettings(c *cli.Context) (store.Settings, error) {
	s := store.Settings{OnDenied: c.String("on-denied")}
	if s.OnDenied != "" && s.OnDenied != "fail" && s.OnDenied != "upload" {
		return s, usagef("", "--on-denied must be fail or upload, not %q", s.OnDenied)
	}
	if dir := c.String("backup"); dir != "" {
		s.Backup = absolute(dir)
		if err := backup.Possible(s.Backup); err != nil {
			return s, usagef("name another folder with --backup DIR; nothing was sent", "--backup: %w", err)
		}
	}
	return s, nil
}

// runManifest is the main job. The manifest is looked at before a token is asked
// for.
func runManifest(c *cli.Context, s *streams) error {
	path, err := argument(c, "MANIFEST")
	if err != nil {
		return err
	}
	se, err := checkSession(c, s)
	if err != nil {
		return err
	}
	defer func() { se.close() }()
	m, err := manifestOf(c, s, path)
	if err != nil {
		return err
	}
	defer m.close()
	dir := c.String("job")
	switch {
	case dir != "":
	case m.fixed:
		dir = jobOf(path)
	case !se.dryRun:
		return usagef("name a folder with --job DIR", "a manifest from %s gives the job no name", m.name)
	}
	going, err := madeFrom(c, m, dir)
	switch {
	case err != nil:
		return err
	case se.dryRun:
		return rehearseRun(c, s, se, m)
	case going:
		if err := se.connectTo(c, s, c.Bool("sandbox")); err != nil {
			return err
		}
		return runAgain(c.Context, s, se, dir)
	}
	return runNew(c, s, se, m, dir)
}

// rehearseRun is a dry run. What run would refuse, it refuses; only the consent to
// deletions is not asked for.
func rehearseRun(c *cli.Context, s *streams, se *session, m *manifest) error {
	p, err := m.read(nil)
	if err != nil {
		return showProblems(s, err)
	}
	if err := checkWords(c, m); err != nil {
		return err
	}
	return rehearse(s, m.name, p, se.mostDeletes)
}

// rehearse prints a plan, and ends as the limit of deletions would have it end.
func rehearse(s *streams, path string, p *plan.Plan, limit jobs.Share) error {
	err := describe(path, p).print(s.out, false)
	if guard := within(limit, p.Counts().Deletes, p.Rows); guard != nil {
		return guard
	}
	return err
}

// runNew makes the manifest's job and runs it.
func runNew(c *cli.Context, s *streams, se *session, m *manifest, dir string) error {
	p, err := m.read(nil)
	if err != nil {
		return showProblems(s, err)
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(s.err, "warning: %s\n", w)
	}
	if err := checkWords(c, m); err != nil {
		return err
	}
	if err := se.connectTo(c, s, c.Bool("sandbox")); err != nil {
		return err
	}
	if err := agree(c, s, p, se.mostDeletes, deletions); err != nil {
		return err
	}
	job, made, err := store.Create(c.Context, dir, store.Spec{
		Manifest: m.kept, Consent: true, Sandbox: c.Bool("sandbox"), Endpoint: se.server.of(c.Bool("sandbox")), Settings: se.settings, Beside: beside(m, dir),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) { return m.readWith(nil, visit) }, // its files were looked into just now
	})
	if err != nil {
		return notStarted(showProblems(s, err))
	}
	defer job.Close()
	if made.SHA256 != p.SHA256 {
		return fmt.Errorf("%s changed while it was read", m.name)
	}
	return carryOut(c.Context, s, se, job, dir)
}

// madeFrom reports whether dir holds the job that an earlier run of the manifest
// made. Any other job there is an error, and so is a folder that no job can be made
// in; no folder is none.
func madeFrom(c *cli.Context, m *manifest, dir string) (bool, error) {
	if dir == "" {
		return false, nil
	}
	if err := checkPlace(m, dir); err != nil {
		return false, err
	}
	view, err := store.View(c.Context, dir)
	if errors.Is(err, store.ErrNoJob) {
		return false, store.Vacant(dir, beside(m, dir)...)
	}
	if err != nil {
		return false, err
	}
	defer view.Close()
	sum, err := m.sum()
	if err != nil {
		return false, &usageError{err: err}
	}
	meta, err := view.Meta(c.Context)
	if err != nil {
		return false, err
	}
	switch {
	case meta.Manifest.SHA256 == sum:
	case m.fixed && m.spool == nil && meta.Manifest.Path == m.kept:
		return false, usagef("adferry resume "+reports.Quote(dir)+" goes on with the manifest as it was; --job DIR, with another folder, runs the new one",
			"%s has changed since the job in %s was made", m.name, dir)
	default:
		return false, usagef("name another folder with --job DIR, or go on with the old one: adferry resume "+reports.Quote(dir),
			"%s holds the job of another manifest (%s)", dir, meta.Manifest.Path)
	}
	if meta.Sandbox != c.Bool("sandbox") {
		return false, usagef("name another folder with --job DIR", "%s holds a job that runs %s", dir, against(meta.Sandbox))
	}
	return true, serverOf(c).has(dir, meta)
}

// runAgain goes on with the job that an earlier run of the manifest made.
func runAgain(ctx context.Context, s *streams, se *session, dir string) error {
	job, err := store.Open(ctx, dir)
	if err != nil {
		return inJob(dir, err)
	}
	defer job.Close()
	return carryOut(ctx, s, se, job, dir)
}

func against(sandbox bool) string {
	if sandbox {
		return "against the sandbox (--sandbox)"
	}
	return "against the API, not the sandbox"
}

// resume goes on with a job; with reopen its failed operations are tried anew.
func resume(c *cli.Context, s *streams, reopen bool) error {
	dir, err := jobFolder(c)
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
	if err := serverOf(c).has(dir, meta); err != nil {
		return err
	}
	se, err := newSession(c, s, meta.Sandbox)
	if err != nil {
		return err
	}
	defer se.close()
	if se.dryRun {
		return printLeft(c.Context, s, se, dir, reopen)
	}
	job, err := store.Open(c.Context, dir)
	if err != nil {
		return inJob(dir, err)
	}
	defer job.Close()
	if reopen {
		if err := waitOutDoubt(c.Context, s, se, job, meta); err != nil {
			return again("retry", dir, err)
		}
	}
	se.reopen = reopen
	return carryOut(c.Context, s, se, job, dir)
}
