package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Open opens the job in dir to run it, and locks it. The file is checked first, and not
// written to if it is damaged or of another format. Open removes what an interrupted Create left.
func Open(ctx context.Context, dir string) (*Job, error) {
	j, err := OpenAhead(ctx, dir)
	if err != nil {
		return nil, err
	}
	return j.sound(ctx)
}

// OpenAhead is Open, but the file is checked while the job is read already. What writes to the job
// waits for that, and fails with what is wrong. For anything else that relies on what was read,
// there is [Job.Sound]. A job that somebody edited is refused with ErrMiscounted.
func OpenAhead(ctx context.Context, dir string) (*Job, error) {
	path := filepath.Join(dir, fileName)
	if err := inspectHeader(path); err != nil {
		return nil, err
	}
	if err := checkWritable(dir); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	if err := checkSingleLink(path); err != nil { // after the lock, so that a running job is reported as ErrLocked
		unlock()
		return nil, err
	}
	removeDraft(path)
	return openLocked(ctx, dir, unlock)
}

// openLocked opens a job that is locked, and begins to check it. It releases the lock on an error.
func openLocked(ctx context.Context, dir string, unlock func()) (*Job, error) {
	unlockFile, err := lockFile(dir)
	if err != nil {
		unlock()
		return nil, err
	}
	release := func() {
		unlockFile()
		unlock()
	}
	path := filepath.Join(dir, fileName)
	pages, err := os.Open(path)
	if err != nil {
		release()
		return nil, openError(path, err)
	}
	f, err := view(ctx, dir)
	if err != nil {
		pages.Close()
		release()
		return nil, err
	}
	f.pages, f.unlock = pages, release
	check := startCheck(context.WithoutCancel(ctx), pages)
	j := New(f, f.read, &fileTables{path: path, check: check})
	j.check = check
	return j, nil
}

// sound waits until a job that was just opened is checked, and counts it anew if it was edited. It
// closes the job on an error.
func (j *Job) sound(ctx context.Context) (*Job, error) {
	defer context.AfterFunc(ctx, j.check.cancel)()
	t := j.writer.tables.(*fileTables)
	err := j.check.wait()
	edited := err == ErrMiscounted
	if edited {
		err = nil
	}
	if err == nil {
		err = t.connect(ctx)
	}
	if err == nil && edited {
		err = t.update(func(tx *sql.Tx) error {
			_, err := tx.Exec(recount)
			return err
		})
	}
	if err != nil {
		_ = j.Close()
		return nil, err
	}
	j.check = nil
	return j, nil
}

// Exists reports whether dir has a job, or may have one because it cannot be read.
func Exists(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, fileName))
	return err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// View opens the job in dir for reading, also while another process runs it.
func View(ctx context.Context, dir string) (*Job, error) {
	if !isRunning(dir) { // else its process has checked the links
		if err := checkSingleLink(filepath.Join(dir, fileName)); err != nil {
			return nil, err
		}
	}
	f, err := view(ctx, dir)
	if err != nil {
		return nil, err
	}
	return New(f, f.read, nil), nil
}

func view(ctx context.Context, dir string) (f *file, err error) {
	path := filepath.Join(dir, fileName)
	if err := inspectHeader(path); err != nil {
		return nil, err
	}
	f = &file{dir: dir, path: path, params: "mode=ro"}
	f.read, err = openForReading(ctx, path, f.params)
	if isUnwritable(err) {
		f.read, err = f.openImmutable(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open job: %w", classifyError(path, err))
	}
	if err := checkFormat(ctx, f.read, path); err != nil {
		f.read.Close()
		return nil, fmt.Errorf("open job: %w", classifyReadError(path, err))
	}
	return f, nil
}

// openForReading opens the file and checks that it can be read.
func openForReading(ctx context.Context, path, parameters string) (*sql.DB, error) {
	db, err := open(path, parameters)
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// openImmutable opens a job whose folder is not writable, in which SQLite cannot make the
// files that it needs to read a database in WAL mode. It needs none of them if no process
// runs the job and the log is merged into the file, as every process leaves it that ends
// normally.
func (f *file) openImmutable(ctx context.Context, cause error) (*sql.DB, error) {
	if log, err := os.Stat(f.path + "-wal"); f.Running() || err == nil && log.Size() > 0 {
		return nil, &UnwritableError{f.dir, cause}
	}
	f.params = "mode=ro&immutable=1"
	db, err := openForReading(ctx, f.path, f.params)
	if err != nil {
		return nil, cause
	}
	return db, nil
}
