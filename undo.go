package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/store"
	"adferry/plan"
)

func undoCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "undo", Usage: "take back what a job did", ArgsUsage: "DIR",
		Description: "Makes a job of its own in DIR/undo, with the same guards, reports and exit codes, that\n" +
			"deletes the images that the job brought, and only those, and brings back what it deleted:\n" +
			"from where it was copied to, or else from the job's backup (--backup DIR names another).\n" +
			"An image that a creative uses by now stays, and its row fails as in_use.",
		Flags: append([]cli.Flag{boolFlag("yes", "agree to the deletions")}, runFlags()...),
		Action: func(c *cli.Context) error {
			dir, err := argument(c, "DIR")
			if err != nil {
				return err
			}
			return undo(c, s, dir)
		},
	}
}

func undo(c *cli.Context, s *streams, dir string) error {
	original, err := store.Open(c.Context, dir) // held: what is being undone must not go on
	if err != nil {
		return err
	}
	defer original.Close()
	meta, err := original.Meta(c.Context)
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
	if !se.dryRun {
		if err := settleLost(c.Context, s, se, original, meta); err != nil {
			return err
		}
	}
	from := cmp.Or(se.settings.Backup, meta.Backup)
	if _, err := os.Stat(from); from != "" && err != nil {
		if se.settings.Backup != "" {
			return usagef("name the folder that the job's --backup filled", "--backup: %w", err)
		}
		from = "" // none was needed, or it is gone
	}
	into := filepath.Join(dir, "undo")
	manifest, rows, err := writeUndo(c.Context, s, original, from, into)
	if err != nil {
		return err
	}
	defer func() {
		_ = os.Remove(manifest)
		_ = os.Remove(into) // if it is empty
	}()
	if rows == 0 {
		_, err := fmt.Fprintln(s.out, "nothing to undo: the job changed nothing that is not as it was")
		return err
	}
	if se.dryRun {
		p, err := readPlan(manifest, checkFiles(from), nil)
		if err != nil {
			return showProblems(s, err)
		}
		return describe(manifest, p).print(s.out, false)
	}
	return runUndo(c, s, se, undoing{dir: into, manifest: manifest, files: from, sandbox: meta.Sandbox})
}

// settleLost finds out what became of copies and uploads whose answers were lost,
// unless it is known that images keep their hashes here: only the API can tell
// under which hash such a one arrived, so it is read, or else sent once more, and
// then taken back like all others.
func settleLost(ctx context.Context, s *streams, se *session, job *store.Job, meta store.Meta) error {
	lost, err := job.LostHashes(ctx)
	if err != nil || lost == 0 {
		return err
	}
	fmt.Fprintf(s.err, "writes whose answers were lost: %d; what became of them is settled first\n", lost)
	api, err := se.connect(job)
	if err != nil {
		return err
	}
	release, err := equip(ctx, se, job, meta)
	if err != nil {
		return err
	}
	defer release()
	options := se.options
	options.Only = func(o jobs.Operation) bool { return o.Kind != plan.KindDelete && o.Tried() }
	engine := jobs.New(api, job, options)
	ignore := stopOnSignal(se, engine)
	defer ignore()
	return engine.Run(ctx)
}

// writeUndo writes the manifest of the undo into a file beside its place, and
// tells of what cannot be brought back.
func writeUndo(ctx context.Context, s *streams, job *store.Job, from, into string) (path string, rows int, err error) {
	if err := os.MkdirAll(into, 0o755); err != nil {
		return "", 0, notStarted(&store.DiskError{Err: err})
	}
	kept := func(plan.Account, plan.Hash) (string, error) { return "", nil }
	if from != "" {
		folder, err := backup.Open(from, nil)
		if err != nil {
			return "", 0, usagef("name the job's backup with --backup DIR", "%w", err)
		}
		defer folder.Close()
		kept = func(a plan.Account, h plan.Hash) (string, error) {
			e, err := folder.Find(a, h)
			if errors.Is(err, backup.ErrNotKept) {
				return "", nil
			}
			return e.Picture(), err
		}
	}
	gone := 0
	lines := jobs.Undo(ctx, job, kept, func(o jobs.Operation) {
		if gone++; gone <= mostAccounts {
			fmt.Fprintf(s.err, "gone for good: %s of %s: no copy and no backup holds it\n", o.Hash, o.Source.Act())
		}
	})
	path = filepath.Join(into, "undo.csv.new")
	if rows, err = writeManifest(path, lines); err != nil {
		return path, rows, notStarted(err)
	}
	if gone > mostAccounts {
		fmt.Fprintf(s.err, "gone for good: %d images more\n", gone-mostAccounts)
	}
	return path, rows, nil
}

// undoing is the job of an undo before it runs.
type undoing struct {
	dir, manifest, files string
	sandbox              bool
}

// runUndo runs the undo, or goes on with one that was begun.
func runUndo(c *cli.Context, s *streams, se *session, u undoing) error {
	path := filepath.Join(u.dir, "undo.csv")
	if view, err := store.View(c.Context, u.dir); err == nil {
		meta, err := view.Meta(c.Context)
		view.Close()
		if err != nil {
			return err
		}
		sum, err := fileSum(u.manifest)
		if err != nil {
			return err
		}
		if sum != meta.Manifest.SHA256 {
			return usagef(fmt.Sprintf("adferry resume %s goes on with that one; to undo what came after it, move its folder away", u.dir),
				"%s holds the undo of an earlier state of the job", u.dir)
		}
		job, err := store.Open(c.Context, u.dir)
		if err != nil {
			return err
		}
		defer job.Close()
		return carryOut(c.Context, s, se, job, u.dir)
	} else if !errors.Is(err, store.ErrNoJob) {
		return err
	}
	read := func(visit func(plan.Row) error) (*plan.Plan, error) {
		return readPlan(path, checkFiles(u.files), visit)
	}
	if err := os.Rename(u.manifest, path); err != nil {
		return notStarted(&store.DiskError{Err: err})
	}
	p, err := read(nil)
	if err != nil {
		return showProblems(s, err)
	}
	if err := agree(c, s, p, se.mostDeletes); err != nil {
		return err
	}
	job, _, err := store.Create(c.Context, u.dir, store.Spec{
		Manifest: absolute(path), Consent: true, Sandbox: u.sandbox, Files: u.files, Settings: se.settings, Read: read,
	})
	if err != nil {
		return notStarted(showProblems(s, err))
	}
	defer job.Close()
	return carryOut(c.Context, s, se, job, u.dir)
}
