package cli

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/preflight"
	"adferry/jobs/store"
	"adferry/jobs/undo"
	"adferry/plan"
	"adferry/reports"
)

func undoCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "undo", Usage: "take back what a job did", ArgsUsage: "DIR",
		Description: "Makes and runs a job in DIR/undo, with the same guards, reports and exit codes. It deletes the\n" +
			"images that the job created, and only those, and restores what it deleted: from a copy, or, where\n" +
			"there is none or somebody deleted it, from the job's backup (or the one that --backup DIR names).\n" +
			"An image that a creative uses by now stays, and its row fails as in_use. An image that may be the\n" +
			"last copy stays, too: exit code 1. If a write of the job was not confirmed, this waits first, a\n" +
			"minute at most.",
		Flags: append([]cli.Flag{boolFlag("yes", "agree to the deletions")}, jobRunFlags()...),
		Action: onJob(runOptionsOf, func(c *cli.Context, o runOptions, p place) error {
			return undoJob(c.Context, o, s, p)
		}),
	}
}

func undoJob(ctx context.Context, o runOptions, s *streams, where place) (err error) {
	release, err := where.claimFolder()
	if err != nil {
		return err
	}
	defer release()
	original, err := where.open(ctx) // held: what is being undone must not go on
	if err != nil {
		return err
	}
	defer original.Close()
	meta, err := original.Meta(ctx)
	if err != nil {
		return err
	}
	accounts, err := original.Accounts(ctx)
	if err != nil {
		return err
	}
	se, err := sessionOf(ctx, o, s, where, meta, accounts)
	if err != nil {
		return err
	}
	defer se.close()
	se.settings.OnDenied = cmp.Or(se.settings.OnDenied, meta.OnDenied) // the way back may be closed, too
	u := undo.Job{Dir: undo.DirOf(where.Folder), Files: filepath.Dir(meta.Manifest.Path), Backup: meta.Backup, Other: se.settings.Backup}
	defer u.Tidy()
	found, err := u.Write(ctx, original)
	if err != nil {
		return notStarted(err)
	}
	begun, err := u.Begun(ctx)
	if err != nil {
		return err
	}
	if found.Rows > 0 && (se.dryRun || !begun) {
		p, err := manifestIn(u.Draft()).readWith(nil, nil) // a picture that is damaged fails its row, not the undo
		if err != nil {
			return showProblems(s, err)
		}
		makeReview := func() (string, error) { return reviewUndo(ctx, s, se, u, original, meta.Sandbox) }
		if se.dryRun {
			fmt.Fprint(s.err, reports.UndoLeft(found))
			if files := reports.UndoOriginals(p); files != "" {
				fmt.Fprintln(s.err, files)
			}
			path, err := makeReview()
			if err != nil {
				return err
			}
			if path != "" {
				fmt.Fprintln(s.err, reports.ReviewAt(path))
			}
			return showPlan(s, reports.NewUndoPlan("the undo of "+where.job(), p, preflight.Predict(p, se.engine.Rules.Share)), p, se)
		}
		if err := o.checkDeletions(ctx, s, p, se.mostDeletes, reports.UndoDeletions, makeReview); err != nil {
			removeReview(u.Dir)
			return err
		}
	}
	if !se.dryRun {
		if err := se.server().store(ctx, original, meta); err != nil {
			return err
		}
		if err := waitForUnconfirmed(ctx, s, se, original, meta); err != nil {
			return waitAgain("undo", where, err)
		}
		settled, err := settleLostWrites(ctx, s, se, original, meta, where)
		if err != nil {
			return err
		}
		if settled { // by sending
			defer func() { err = whileRunning(err) }()
			if found, err = u.Write(ctx, original); err != nil {
				return notStarted(err)
			}
		}
	}
	fmt.Fprint(s.err, reports.UndoLeft(found))
	switch {
	case found.Rows == 0 && !found.Partial():
		return s.say(reports.NothingToUndo)
	case found.Rows > 0:
		err = runUndo(ctx, s, se, u, meta.Sandbox, begun)
	}
	if err == nil && found.Partial() {
		return &partialError{found}
	}
	return err
}

// settleLostWrites finds out what became of copies and uploads whose answers were lost,
// unless it is known that images keep their hashes here: only the API can tell
// under which hash such a one arrived, so it is read, or else sent once more, and
// then taken back like all others.
func settleLostWrites(ctx context.Context, s *streams, se *session, job *store.Job, meta store.Meta, p place) (settled bool, err error) {
	lost, err := job.LostHashes(ctx)
	if err != nil || lost == 0 {
		return false, err
	}
	if !meta.PausedAt.IsZero() {
		return false, usagef(p.Command("unpause"), "%s has been paused since %s, and first it has to be read what became of writes whose answers were lost", p, reports.Clock(meta.PausedAt))
	}
	if !se.quiet {
		fmt.Fprintln(s.err, reports.SettlingLost(lost))
	}
	l, err := se.connected(ctx, job)
	if err != nil {
		return false, err
	}
	options, release, err := optionsFor(ctx, se, meta, p.Folder)
	if err != nil {
		return false, err
	}
	defer release()
	leaveRegistry, err := register(ctx, s, job, p, se, meta)
	if err != nil {
		return false, err
	}
	defer leaveRegistry()
	options.Held = job.Held
	options.Only = func(o jobs.Operation) bool { return o.Kind != plan.KindDelete && o.Tried() }
	defer se.exporter.show(ctx, "", job)()
	defer stopOnSignal(s, se, p)()
	if err := whileRunning(se.run(ctx, engine.New(l, job, options))); err != nil {
		return true, err
	}
	if err := reports.Write(ctx, p.Place, job); err != nil {
		return true, fmt.Errorf("%w: %w", errReports, err)
	}
	return true, nil
}

// partialError is an undo that ended well and could not take back everything. The
// images were named when it began.
type partialError struct{ left undo.Finding }

func (e *partialError) Error() string { return reports.UndoSummary(e.left) }

// backupHints say what to do about a backup that cannot be searched.
func backupHints(e *undo.BackupError, _ error) []string {
	if e.Missing {
		return []string{"mount it, or name where it is now with --backup DIR; an empty folder in its place says that it is lost"}
	}
	return []string{"name the job's backup with --backup DIR"}
}

// runUndo runs the undo, or goes on with one that was begun.
func runUndo(ctx context.Context, s *streams, se *session, u undo.Job, sandboxed, begun bool) error {
	defer stopOnSignal(s, se, inFolder(u.Dir))()
	var job *store.Job
	var err error
	if begun {
		job, err = openUndo(ctx, u)
	} else {
		making, release := se.untilInterrupted(ctx)
		job, err = createUndo(making, se, u, sandboxed)
		release()
	}
	if err != nil {
		return showProblems(s, err)
	}
	defer job.Close()
	return runJob(ctx, s, se, job, inFolder(u.Dir))
}

func createUndo(ctx context.Context, se *session, u undo.Job, sandboxed bool) (*store.Job, error) {
	if err := u.Publish(); err != nil {
		return nil, notStarted(err)
	}
	job, _, err := inFolder(u.Dir).create(ctx, store.Spec{
		Manifest: absolute(u.Manifest()), Consent: true, Sandbox: sandboxed, Endpoint: se.server().originFor(sandboxed), Settings: se.settings, Allowed: u.Names(),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return manifestIn(u.Manifest()).readWith(nil, visit)
		},
	})
	return job, notStarted(err)
}

// openUndo opens an undo that was begun, if it is the same one still.
func openUndo(ctx context.Context, u undo.Job) (*store.Job, error) {
	sum, err := manifestIn(u.Draft()).sum()
	if err != nil {
		return nil, err
	}
	job, err := inFolder(u.Dir).open(ctx)
	if err != nil {
		return nil, err
	}
	meta, err := job.Meta(ctx)
	if err == nil && sum != meta.Manifest.SHA256 {
		err = usagef(inFolder(u.Dir).Command("resume")+" goes on with it; to undo what was done since, move that folder away first",
			"%s holds the undo of an earlier state of the job", u.Dir)
	}
	if err != nil {
		job.Close()
		return nil, err
	}
	return job, nil
}
