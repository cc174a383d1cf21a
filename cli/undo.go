package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/jobs/undo"
	"adferry/plan"
	"adferry/reports"
)

func undoCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "undo", Usage: "take back what a job did", ArgsUsage: "DIR",
		Description: "Makes a job of its own in DIR/undo, with the same guards, reports and exit codes, that\n" +
			"deletes the images that the job brought, and only those, and brings back what it deleted:\n" +
			"from where it was copied to, or else from the job's backup (--backup DIR names another).\n" +
			"An image that a creative uses by now stays, and its row fails as in_use. One that may be the\n" +
			"last copy stays, too: exit code 1. A write of the job that was not confirmed is waited for first,\n" +
			"a minute at most.",
		Flags: append([]cli.Flag{boolFlag("yes", "agree to the deletions")}, runFlags()...),
		Action: func(c *cli.Context) error {
			dir, err := jobFolder(c)
			if err != nil {
				return err
			}
			return undoJob(c, s, dir)
		},
	}
}

func undoJob(c *cli.Context, s *streams, dir string) error {
	original, err := store.Open(c.Context, dir) // held: what is being undone must not go on
	if err != nil {
		return inJob(dir, err)
	}
	defer original.Close()
	meta, err := original.Meta(c.Context)
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
	se.settings.OnDenied = cmp.Or(se.settings.OnDenied, meta.OnDenied) // the way back may be closed, too
	u := undoing{dir: filepath.Join(dir, "undo"), files: filepath.Dir(meta.Manifest.Path), backup: meta.Backup, other: se.settings.Backup, sandbox: meta.Sandbox}
	defer u.tidy()
	rows, left, err := u.write(c.Context, original)
	if err != nil {
		return err
	}
	begun, err := u.begun(c.Context)
	if err != nil {
		return err
	}
	if rows > 0 && (se.dryRun || !begun) {
		p, err := manifestIn(u.draft()).readWith(nil, nil) // a picture that is damaged fails its row, not the undo
		if err != nil {
			return showProblems(s, err)
		}
		if se.dryRun {
			left.tell(s)
			return rehearse(s, u.manifest(), p, se.mostDeletes)
		}
		if err := agree(c, s, p, se.mostDeletes, reports.UndoDeletions); err != nil {
			return err
		}
	}
	if !se.dryRun {
		if err := se.server.keep(c.Context, original, meta); err != nil {
			return err
		}
		if err := waitOutDoubt(c.Context, s, se, original, meta); err != nil {
			return again("undo", dir, err)
		}
		settled, err := settleLost(c.Context, s, se, original, meta, dir)
		if err != nil {
			return err
		}
		if settled {
			if rows, left, err = u.write(c.Context, original); err != nil {
				return err
			}
		}
	}
	left.tell(s)
	switch {
	case rows == 0 && !left.any():
		_, err := fmt.Fprintln(s.out, "nothing to undo: the job changed nothing that is not as it was")
		return err
	case rows > 0:
		err = u.run(c, s, se, begun)
	}
	if err == nil && left.any() {
		return &partialError{left}
	}
	return err
}

// settleLost finds out what became of copies and uploads whose answers were lost,
// unless it is known that images keep their hashes here: only the API can tell
// under which hash such a one arrived, so it is read, or else sent once more, and
// then taken back like all others.
func settleLost(ctx context.Context, s *streams, se *session, job *store.Job, meta store.Meta, dir string) (settled bool, err error) {
	lost, err := job.LostHashes(ctx)
	if err != nil || lost == 0 {
		return false, err
	}
	if !meta.PausedAt.IsZero() {
		return false, usagef("adferry unpause "+dir, "%s is paused since %s, and answers of it that were lost have to be settled first", dir, clock(meta.PausedAt))
	}
	fmt.Fprintf(s.err, "writes whose answers were lost: %d; what became of them is settled first\n", lost)
	api, err := se.connect(job)
	if err != nil {
		return false, err
	}
	options, release, err := equip(se, meta, dir)
	if err != nil {
		return false, err
	}
	defer release()
	leaveRegistry, err := enter(ctx, s, job, dir, se, meta)
	if err != nil {
		return false, err
	}
	defer leaveRegistry()
	options.Only = func(o jobs.Operation) bool { return o.Kind != plan.KindDelete && o.Tried() }
	defer se.exporter.show(ctx, job)()
	engine := engine.New(api, job, options)
	ignore := stopOnSignal(se, engine)
	defer ignore()
	if err := whileRunning(engine.Run(ctx)); err != nil {
		return true, err
	}
	if err := reports.Write(ctx, dir, job); err != nil {
		return true, fmt.Errorf("%w: %w", errReports, err)
	}
	return true, nil
}

// leftovers are what an undo cannot or must not take back.
type leftovers struct {
	gone []jobs.Operation // deleted, and nothing brings the image back
	kept []string         // may become the last copy of an image, and why
}

func (l leftovers) any() bool { return len(l.gone)+len(l.kept) > 0 }

// mostNamed is how many images of a kind are named.
const mostNamed = 20

// tell names them.
func (l leftovers) tell(s *streams) {
	for i, o := range l.gone {
		if i == mostNamed {
			fmt.Fprintf(s.err, "gone for good: %d images more\n", len(l.gone)-i)
			break
		}
		fmt.Fprintf(s.err, "gone for good: %s of %s: no copy and no backup holds it\n", o.Hash, o.Source.Act())
	}
	for i, k := range l.kept {
		if i == mostNamed {
			fmt.Fprintf(s.err, "kept: %d images more\n", len(l.kept)-i)
			break
		}
		fmt.Fprintf(s.err, "kept: %s\n", k)
	}
}

// partialError is an undo that ended well and could not take back everything. The
// images were named when it began; it says so once more where the exit code needs a
// reason.
type partialError struct{ left leftovers }

func (e *partialError) Error() string {
	var parts []string
	if n := len(e.left.gone); n > 0 {
		parts = append(parts, count(n, "image")+" gone for good")
	}
	if n := len(e.left.kept); n > 0 {
		parts = append(parts, count(n, "image")+" kept as the last copy")
	}
	return "not everything was taken back: " + strings.Join(parts, " and ")
}

// undoing is the job of an undo.
type undoing struct {
	dir     string
	files   string // the folder that the files of the job's uploads are relative to
	backup  string // the folder that keeps what the job deleted, or empty
	other   string // one named now: the undo keeps there what it deletes, and the job's backup may have moved there
	sandbox bool
}

func (u undoing) manifest() string { return filepath.Join(u.dir, "undo.csv") }

// draft is the manifest before it is known whether it will be run.
func (u undoing) draft() string { return u.manifest() + ".new" }

// drafts are the names of both.
func (u undoing) drafts() []string {
	return []string{filepath.Base(u.manifest()), filepath.Base(u.draft())}
}

// tidy removes what an undo that did not begin left.
func (u undoing) tidy() {
	_ = os.Remove(u.draft())
	_ = os.Remove(u.dir) // if it is empty
}

// begun reports whether the undo was agreed to and begun by an earlier process.
func (u undoing) begun(ctx context.Context) (bool, error) {
	view, err := store.View(ctx, u.dir)
	if errors.Is(err, store.ErrNoJob) {
		return false, store.Vacant(u.dir, u.drafts()...)
	}
	if err != nil {
		return false, err
	}
	return true, view.Close()
}

// write drafts the manifest.
func (u undoing) write(ctx context.Context, job *store.Job) (rows int, left leftovers, err error) {
	if err := os.MkdirAll(u.dir, 0o755); err != nil {
		return 0, left, notStarted(&store.DiskError{Err: err})
	}
	kept, release, err := u.kept()
	if err != nil {
		return 0, left, err
	}
	defer release()
	options := undo.Options{
		Kept: kept,
		Gone: func(o jobs.Operation) { left.gone = append(left.gone, o) },
		Stay: func(a plan.Account, h plan.Hash, because string) {
			left.kept = append(left.kept, fmt.Sprintf("%s of %s, which may become the last copy: %s", h, a.Act(), because))
		},
	}
	if u.other == "" { // else that folder keeps the pictures
		options.Lost = func(file string) bool {
			_, err := graph.CheckFile(filepath.Join(u.files, filepath.FromSlash(file)))
			return err != nil
		}
	}
	rows, err = writeManifest(u.draft(), undo.Rows(ctx, job, options))
	return rows, left, notStarted(err)
}

// kept looks for pictures in the backups. One that the job was run with and that
// cannot be read now is an error as soon as an image is looked for: a disk that is
// not mounted must not make it look as if the image were gone.
func (u undoing) kept() (kept undo.Kept, release func(), err error) {
	var folders []*backup.Folder
	release = func() {
		for _, f := range folders {
			_ = f.Close()
		}
	}
	var missing error
	for _, dir := range []string{u.other, u.backup} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(dir); err != nil {
			if dir == u.backup {
				missing = err
			}
			continue
		}
		f, err := backup.Open(dir, nil)
		if err != nil {
			release()
			return nil, nil, usagef("name the job's backup with --backup DIR", "%w", err)
		}
		folders = append(folders, f)
	}
	return func(a plan.Account, h plan.Hash) (string, error) {
		for _, f := range folders {
			switch e, err := f.Find(a, h); {
			case err == nil:
				return filepath.Rel(absolute(u.dir), f.Path(e))
			case !errors.Is(err, backup.ErrNotKept):
				return "", err
			}
		}
		if missing != nil {
			return "", usagef("bring it back, or name where it is now with --backup DIR; an empty folder in its place means that it is lost",
				"the job's backup, which may hold %s of %s, cannot be read: %w", h, a.Act(), missing)
		}
		return "", nil
	}, release, nil
}

// run runs the undo, or goes on with one that was begun.
func (u undoing) run(c *cli.Context, s *streams, se *session, begun bool) error {
	job, err := u.open(c.Context, se, begun)
	if err != nil {
		return showProblems(s, err)
	}
	defer job.Close()
	return carryOut(c.Context, s, se, job, u.dir)
}

func (u undoing) open(ctx context.Context, se *session, begun bool) (*store.Job, error) {
	if !begun {
		if err := os.Rename(u.draft(), u.manifest()); err != nil {
			return nil, notStarted(&store.DiskError{Err: err})
		}
		job, _, err := store.Create(ctx, u.dir, store.Spec{
			Manifest: absolute(u.manifest()), Consent: true, Sandbox: u.sandbox, Endpoint: se.server.of(u.sandbox), Settings: se.settings, Beside: u.drafts(),
			Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
				return manifestIn(u.manifest()).readWith(nil, visit)
			},
		})
		return job, notStarted(err)
	}
	sum, err := manifestIn(u.draft()).sum()
	if err != nil {
		return nil, err
	}
	job, err := store.Open(ctx, u.dir)
	if err != nil {
		return nil, inJob(u.dir, err)
	}
	meta, err := job.Meta(ctx)
	if err == nil && sum != meta.Manifest.SHA256 {
		err = usagef(fmt.Sprintf("adferry resume %s goes on with that one; to undo what came after it, move its folder away", reports.Quote(u.dir)),
			"%s holds the undo of an earlier state of the job", u.dir)
	}
	if err != nil {
		job.Close()
		return nil, err
	}
	return job, nil
}
