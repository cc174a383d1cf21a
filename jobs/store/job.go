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

// Settings are options that are stored with the job, so that a later process runs it in
// the same way.
type Settings struct {
	Backup   string        // folder for backups of deleted images; empty: no backups
	OnDenied jobs.OnDenied // "" is jobs.FailDenied
}

// Credentials are which credentials a job runs with: names of them, never a secret.
type Credentials struct {
	SHA256 string   `json:"sha256"` // of the credentials file, in hex
	Labels []string `json:"labels"` // of the credentials of the job's ad accounts, sorted
}

// Meta is the content of the table meta, without the tally and the checksum.
type Meta struct {
	Name        string
	Manifest    jobs.ManifestInfo
	Header      []string // of the manifest
	Policy      string   // description of the policy that made the manifest; may be empty
	Created     time.Time
	Consent     bool
	Sandbox     bool
	Endpoint    string      // origin of the server that it runs against; empty: unknown, or the embedded sandbox
	Credentials Credentials // zero: one token for all ad accounts
	Settings
	Steering
	Running  time.Time // when the last process began to run it; zero: not told
	ExitCode *int      // of the last process that stopped
	Stop     string    // why that process stopped early
}

// Meta reads the table meta.
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
			m.Created = timeOf(ms)
		case "consent":
			m.Consent = text == "1" || text == "true"
		case "sandbox":
			m.Sandbox = text == "1" || text == "true"
		case "endpoint":
			m.Endpoint = text
		case "credentials":
			err = json.Unmarshal(value, &m.Credentials)
		case "backup":
			m.Backup = text
		case "on_denied":
			m.OnDenied = jobs.OnDenied(text)
		case "paused_at":
			var ms int64
			_, err = fmt.Sscan(text, &ms)
			m.PausedAt = timeOf(ms)
		case "workers":
			m.Workers, err = optional[int](value)
		case "max_rate":
			m.MaxRate, err = optional[float64](value)
		case "running_at":
			var ms int64
			_, err = fmt.Sscan(text, &ms)
			m.Running = timeOf(ms)
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

// Header returns the manifest's header row.
func (j *Job) Header(ctx context.Context) ([]string, error) {
	m, err := j.Meta(ctx)
	return m.Header, err
}

// Files returns the manifest's folder, to which the files of uploads are relative.
func (j *Job) Files(ctx context.Context) (string, error) {
	m, err := j.Meta(ctx)
	return filepath.Dir(m.Manifest.Path), err
}

// SetSettings stores other settings.
func (j *Job) SetSettings(ctx context.Context, s Settings) error {
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('backup', ?), ('on_denied', ?)`, s.Backup, s.OnDenied)
}

// SetCredentials stores with which credentials the job runs.
func (j *Job) SetCredentials(ctx context.Context, c Credentials) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('credentials', ?)`, string(text))
}

// Accounts returns the ad accounts that the job's operations read or write, apart from
// witnesses of deletions.
func (j *Job) Accounts(ctx context.Context) ([]plan.Account, error) {
	rows, err := j.read.QueryContext(ctx, `SELECT source AS account FROM ops WHERE source <> '' UNION SELECT target FROM ops WHERE target <> '' ORDER BY account`)
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	var all []plan.Account
	for rows.Next() {
		var a plan.Account
		if err := rows.Scan(&a); err != nil {
			return nil, j.readError(err)
		}
		all = append(all, a)
	}
	return all, j.readError(rows.Err())
}

// SetEndpoint stores another server for the job to run against.
func (j *Job) SetEndpoint(ctx context.Context, origin string) error {
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('endpoint', ?)`, origin)
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

// SetStop records how the process that ran the job ended.
func (j *Job) SetStop(ctx context.Context, exitCode int, why string) error {
	return j.writer.exec(ctx, `INSERT OR REPLACE INTO meta VALUES ('exit_code', ?), ('stop', ?)`, exitCode, why)
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
