package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"adferry/plan"
)

// Job is an open checkpoint. From Create or Open it is locked and writable; from View it
// is neither.
type Job struct {
	dir    string
	path   string
	format int    // of the file when it was opened
	params string // SQLite's parameters for reading it
	read   *sql.DB
	writer *writer // nil for a view
	unlock func()
}

// Open opens the job in dir to run it, and locks it. The file is checked first, and not
// written to if it is damaged or newer. Open removes what an interrupted Create left.
func Open(ctx context.Context, dir string) (*Job, error) {
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

// openLocked opens a job that is locked. It releases the lock on an error.
func openLocked(ctx context.Context, dir string, unlock func()) (j *Job, err error) {
	path := filepath.Join(dir, fileName)
	unlockFile, err := lockFile(dir)
	if err != nil {
		unlock()
		return nil, err
	}
	release := func() {
		unlockFile()
		unlock()
	}
	var sum fileChecksum
	if sum, err = checkFile(ctx, path); err == nil {
		err = upgrade(ctx, path, sum)
	}
	if err == nil {
		j, err = view(ctx, dir)
	}
	if err == nil { // their texts have no sum; what cannot be read is found before anything is written
		_, err = j.Quotas(ctx)
	}
	if err == nil {
		j.writer, err = newWriter(path)
	}
	if err == nil && sum.miscounted {
		err = j.writer.exec(ctx, recount)
	}
	if err != nil {
		if j != nil {
			j.read.Close()
		}
		if j != nil && j.writer != nil {
			j.writer.close()
		}
		release()
		return nil, err
	}
	j.unlock = release
	return j, nil
}

// Exists reports whether dir has a job, or may have one because it cannot be read.
func Exists(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, fileName))
	return err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// View opens the job in dir for reading, also while another process runs it.
func View(ctx context.Context, dir string) (*Job, error) {
	if j := (&Job{dir: dir}); !j.Running() { // else its process has checked the links
		if err := checkSingleLink(filepath.Join(dir, fileName)); err != nil {
			return nil, err
		}
	}
	return view(ctx, dir)
}

func view(ctx context.Context, dir string) (*Job, error) {
	path := filepath.Join(dir, fileName)
	if err := inspectHeader(path); err != nil {
		return nil, err
	}
	j := &Job{dir: dir, path: path, params: "mode=ro"}
	db, err := openForReading(ctx, path, j.params)
	if isUnwritable(err) {
		db, err = j.openImmutable(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open job: %w", classifyError(path, err))
	}
	if j.format, err = formatOf(ctx, db, path); err != nil {
		db.Close()
		return nil, fmt.Errorf("open job: %w", classifyReadError(path, err))
	}
	j.read = db
	return j, nil
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
func (j *Job) openImmutable(ctx context.Context, cause error) (*sql.DB, error) {
	if log, err := os.Stat(j.path + "-wal"); j.Running() || err == nil && log.Size() > 0 {
		return nil, &UnwritableError{j.dir, cause}
	}
	j.params = "mode=ro&immutable=1"
	db, err := openForReading(ctx, j.path, j.params)
	if err != nil {
		return nil, cause
	}
	return db, nil
}

// Close closes the job and releases its lock. All commits are on disk already.
func (j *Job) Close() error {
	err := j.read.Close()
	if j.writer != nil {
		err = errors.Join(j.writer.close(), err)
	}
	if j.unlock != nil {
		j.unlock()
	}
	return err
}

// Accounts returns the ad accounts that the job's operations read or write, apart from
// witnesses of deletions.
func (j *Job) Accounts(ctx context.Context) ([]plan.Account, error) {
	all, err := allRows(ctx, j.read, func(a *plan.Account) []any { return []any{a} },
		`SELECT source AS account FROM ops WHERE source <> '' UNION SELECT target FROM ops WHERE target <> '' ORDER BY account`)
	return all, j.readError(err)
}

// Unfinished reports whether any operation is not settled.
func (j *Job) Unfinished(ctx context.Context) (left bool, err error) {
	ops, err := j.opTotals(ctx)
	return ops.settled < ops.operations, err
}

// Deletes returns the number of the job's deletions, done or not.
func (j *Job) Deletes(ctx context.Context) (n int, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT coalesce(sum(n), 0) FROM `+j.opCounts()+` WHERE kind = 'delete'`).Scan(&n)
	return n, j.readError(err)
}

// SetRunning records that a process runs the job.
func (j *Job) SetRunning(ctx context.Context) error {
	if err := j.cutParks(ctx, time.Now()); err != nil {
		return err
	}
	return j.writer.exec(ctx, `DELETE FROM meta WHERE key IN ('exit_code', 'stop'); INSERT OR REPLACE INTO meta VALUES ('running_at', ?)`, millis(time.Now()))
}

// Reopen makes the failed operations pending again, with all their attempts. It stays on
// record that a write of theirs may have taken effect, which explains what later reads
// show.
func (j *Job) Reopen(ctx context.Context) error {
	return j.writer.exec(ctx, `DELETE FROM outcomes WHERE state = 'failed' AND tried = 0;
		UPDATE outcomes SET state = 'pending', reason = '', attempts = 0, code = 0, subcode = 0, message = '', trace = '', finished = 0, creatives = ''
		WHERE state = 'failed'; `+recount)
}

func (j *Job) readError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read job: %w", classifyReadError(j.path, err))
}
