package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"adferry/jobs"
)

// Job is an open checkpoint. One from Create or Open is locked and may be
// written; one from View is neither.
type Job struct {
	dir    string
	path   string
	format int    // of the file when it was opened
	how    string // SQLite's parameters for reading it
	read   *sql.DB
	writer *writer // nil for a view
	unlock func()
}

// Open opens the job in dir to run it and locks it. The file is checked first
// and left untouched if it is damaged or newer. What a killed process left of
// making a job goes.
func Open(ctx context.Context, dir string) (*Job, error) {
	path := filepath.Join(dir, fileName)
	if err := inspect(path); err != nil {
		return nil, err
	}
	if err := mayChange(dir); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	if err := oneName(path); err != nil { // after the lock: that a job is running is said first
		unlock()
		return nil, err
	}
	removeDraft(path)
	return openLocked(ctx, dir, unlock)
}

// openLocked lets go of the lock if the job cannot be opened.
func openLocked(ctx context.Context, dir string, unlock func()) (j *Job, err error) {
	path := filepath.Join(dir, fileName)
	unlockFile, err := lockFile(dir)
	if err != nil {
		unlock()
		return nil, err
	}
	letGo := func() {
		unlockFile()
		unlock()
	}
	var seal sealed
	if seal, err = check(ctx, path); err == nil {
		err = upgrade(ctx, path, seal)
	}
	if err == nil {
		j, err = view(ctx, dir)
	}
	if err == nil {
		j.writer, err = newWriter(path)
	}
	if err != nil {
		if j != nil {
			j.read.Close()
		}
		letGo()
		return nil, err
	}
	j.unlock = letGo
	return j, nil
}

// Holds reports whether there is a job in dir, or may be.
func Holds(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, fileName))
	return err == nil || !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
}

// View opens the job in dir for reading, whoever runs it.
func View(ctx context.Context, dir string) (*Job, error) {
	if j := (&Job{dir: dir}); !j.Running() { // else its process has seen to it that this folder is the one
		if err := oneName(filepath.Join(dir, fileName)); err != nil {
			return nil, err
		}
	}
	return view(ctx, dir)
}

func view(ctx context.Context, dir string) (*Job, error) {
	path := filepath.Join(dir, fileName)
	if err := inspect(path); err != nil {
		return nil, err
	}
	j := &Job{dir: dir, path: path, how: "mode=ro"}
	db, err := reading(ctx, path, j.how)
	if unwritable(err) {
		db, err = j.asItLies(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open job: %w", fault(path, err))
	}
	if j.format, err = formatOf(ctx, db, path); err != nil {
		db.Close()
		return nil, fmt.Errorf("open job: %w", foreign(path, err))
	}
	j.read = db
	return j, nil
}

// reading opens the file and sees that it can be read.
func reading(ctx context.Context, path, parameters string) (*sql.DB, error) {
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

// asItLies reads a file in a folder that may not be written to, where SQLite cannot
// make the files by which it reads a database in WAL mode. None are needed of a job
// that no process holds and whose log is in the file already, as every process that
// ends in good order leaves it.
func (j *Job) asItLies(ctx context.Context, why error) (*sql.DB, error) {
	if log, err := os.Stat(j.path + "-wal"); j.Running() || err == nil && log.Size() > 0 {
		return nil, &UnwritableError{j.dir, why}
	}
	j.how = "mode=ro&immutable=1"
	db, err := reading(ctx, j.path, j.how)
	if err != nil {
		return nil, why
	}
	return db, nil
}

// Close lets go of the job. What was committed is on disk already.
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

// Settings are what a job keeps of how it is to be run, so that a later process
// goes on in the same way.
type Settings struct {
	Backup   string // folder that keeps what is deleted; empty: nothing is kept
	OnDenied string // "upload" or "fail": what is done where copying is refused
}

// Meta is what a job is, apart from its operations.
type Meta struct {
	Name     string
	Manifest jobs.ManifestInfo
	Header   []string // of the manifest
	Policy   string   // what the manifest was made by, in words; may be empty
	Created  time.Time
	Consent  bool
	Sandbox  bool
	Endpoint string // origin of the server that it runs against; empty: not known, or the embedded sandbox
	Settings
	Steering
	ExitCode *int   // of the last process that stopped
	Stop     string // why it stopped early
}

// Meta reads what the job is.
func (j *Job) Meta(ctx context.Context) (Meta, error) {
	rows, err := j.read.QueryContext(ctx, "SELECT key, value FROM meta")
	if err != nil {
		return Meta{}, j.readError(err)
	}
	defer rows.Close()
	var m Meta
	for rows.Next() {
		var key string
		var value sql.RawBytes
		if err := rows.Scan(&key, &value); err != nil {
			return Meta{}, j.readError(err)
		}
		text := string(value)
		var err error
		switch key {
		case "name":
			m.Name = text
		case "manifest_path":
			m.Manifest.Path = text
		case "manifest_sha256":
			m.Manifest.SHA256 = text
		case "rows":
			_, err = fmt.Sscan(text, &m.Manifest.Rows)
		case "header":
			err = json.Unmarshal(value, &m.Header)
		case "policy":
			m.Policy = text
		case "created_at":
			var ms int64
			_, err = fmt.Sscan(text, &ms)
			m.Created = instant(ms)
		case "consent":
			m.Consent = text == "1" || text == "true"
		case "sandbox":
			m.Sandbox = text == "1" || text == "true"
		case "endpoint":
			m.Endpoint = text
		case "backup":
			m.Backup = text
		case "on_denied":
			m.OnDenied = text
		case "paused_at":
			var ms int64
			_, err = fmt.Sscan(text, &ms)
			m.PausedAt = instant(ms)
		case "workers":
			m.Workers, err = optional[int](value)
		case "max_rate":
			m.MaxRate, err = optional[float64](value)
		case "exit_code":
			code := 0
			_, err = fmt.Sscan(text, &code)
			m.ExitCode = &code
		case "stop":
			m.Stop = text
		}
		if err != nil {
			return Meta{}, &DamagedError{j.path, fmt.Errorf("meta %s: %w", key, err)}
		}
	}
	return m, j.readError(rows.Err())
}

// optional reads a number that may be NULL.
func optional[T int | float64](value sql.RawBytes) (*T, error) {
	if value == nil {
		return nil, nil
	}
	n := new(T)
	_, err := fmt.Sscan(string(value), n)
	return n, err
}

// Header is the manifest's header row.
func (j *Job) Header(ctx context.Context) ([]string, error) {
	m, err := j.Meta(ctx)
	return m.Header, err
}

// Files is the folder that the files of uploads are relative to: the manifest's.
func (j *Job) Files(ctx context.Context) (string, error) {
	m, err := j.Meta(ctx)
	return filepath.Dir(m.Manifest.Path), err
}

// SetSettings changes how the job is run from now on.
func (j *Job) SetSettings(ctx context.Context, s Settings) error {
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('backup', ?), ('on_denied', ?)`, s.Backup, s.OnDenied)
}

// SetEndpoint changes which server the job runs against from now on.
func (j *Job) SetEndpoint(ctx context.Context, origin string) error {
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('endpoint', ?)`, origin)
}

// Unfinished reports whether operations are left to do.
func (j *Job) Unfinished(ctx context.Context) (left bool, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM ops p LEFT JOIN outcomes o ON o.op = p.id WHERE `+unsettled+`)`).Scan(&left)
	return left, j.readError(err)
}

// Deletes counts the job's deletions, done or not.
func (j *Job) Deletes(ctx context.Context) (n int, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT count(*) FROM ops WHERE kind = 'delete'`).Scan(&n)
	return n, j.readError(err)
}

// SetStop records how the process that ran the job ended.
func (j *Job) SetStop(ctx context.Context, exitCode int, why string) error {
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('exit_code', ?), ('stop', ?)`, exitCode, why)
}

// SetRunning records that a process has begun to run the job.
func (j *Job) SetRunning(ctx context.Context) error {
	return j.writer.exec(ctx, `DELETE FROM meta WHERE key IN ('exit_code', 'stop')`)
}

// Reopen makes the failed operations pending again, with all their attempts. That
// a write of theirs may have taken effect stays on record: what is read from now
// on may be its doing.
func (j *Job) Reopen(ctx context.Context) error {
	return j.writer.exec(ctx, `DELETE FROM outcomes WHERE state = 'failed' AND tried = 0;
		UPDATE outcomes SET state = 'pending', reason = '', attempts = 0, code = 0, subcode = 0, message = '', trace = '', finished = 0
		WHERE state = 'failed'`)
}

func (j *Job) readError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read job: %w", foreign(j.path, err))
}
