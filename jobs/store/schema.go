package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

const (
	applicationID = 0x61646672 // "adfr"
	schemaVersion = 4          // no release had a lower one

	fileName = "job.db"
	lockName = "job.lock"
)

const tables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE rows (line INTEGER PRIMARY KEY, verb TEXT NOT NULL, first INTEGER, del INTEGER, record TEXT NOT NULL);
CREATE TABLE ops (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, hash TEXT NOT NULL,
	target TEXT NOT NULL, file TEXT NOT NULL, lane TEXT NOT NULL, needs INTEGER NOT NULL, needed INTEGER NOT NULL, guard TEXT NOT NULL);
CREATE TABLE needs (op INTEGER NOT NULL, need INTEGER NOT NULL, PRIMARY KEY (op, need)) WITHOUT ROWID;
CREATE TABLE outcomes (op INTEGER PRIMARY KEY, state TEXT NOT NULL, reason TEXT NOT NULL, target_hash TEXT NOT NULL,
	created INTEGER NOT NULL, seen INTEGER NOT NULL, tried INTEGER NOT NULL, attempts INTEGER NOT NULL, code INTEGER NOT NULL,
	subcode INTEGER NOT NULL, message TEXT NOT NULL, trace TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER NOT NULL,
	last_sent INTEGER NOT NULL DEFAULT 0, creatives TEXT NOT NULL DEFAULT '');
CREATE TABLE lanes (account TEXT PRIMARY KEY, tier INTEGER NOT NULL, parked_until INTEGER NOT NULL, parked_for TEXT NOT NULL,
	calls INTEGER NOT NULL, throttles INTEGER NOT NULL, parked INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE samples (at INTEGER PRIMARY KEY, settled INTEGER NOT NULL, failed INTEGER NOT NULL, parked INTEGER NOT NULL);
CREATE TABLE parks (account TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, code INTEGER NOT NULL, subcode INTEGER NOT NULL);
CREATE VIEW results AS SELECT ops.id, kind, source, hash, target, coalesce(state, 'pending') AS state,
	reason, target_hash, attempts, code, subcode, message, trace,
	CASE WHEN started > 0 THEN datetime(started / 1000, 'unixepoch') END AS started_at,
	CASE WHEN finished > 0 THEN datetime(finished / 1000, 'unixepoch') END AS finished_at
	FROM ops LEFT JOIN outcomes ON op = ops.id;
` + countSchema

// indexes are made after loading, which is faster.
const indexes = `
CREATE INDEX ops_lane ON ops (lane, id) WHERE needs = 0;
CREATE INDEX needs_need ON needs (need, op);
` + rowIndexes

var (
	// ErrNoJob means that the folder has no job.
	ErrNoJob = errors.New("there is no job in this folder")
	// ErrExists means that the folder already has a job.
	ErrExists = errors.New("there is a job in this folder already")
	// ErrLocked means that another process is running the job.
	ErrLocked = errors.New("another process is running this job")
	// ErrBusy means that another process has opened the schedule.
	ErrBusy = errors.New("another process is using this folder of jobs")
)

// DamagedError is a job file that is not as adferry wrote it. The store does not write to
// such a file.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("job file %s is damaged: %v", e.Path, e.Err)
}
func (e *DamagedError) Unwrap() error { return e.Err }

// FormatError is a job file of another version of adferry. The store does not write to such
// a file.
type FormatError struct {
	Path   string
	Format int
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("job file %s has format %d; this version of adferry reads format %d", e.Path, e.Format, schemaVersion)
}

// inspectHeader checks the header of the file without opening it as a database.
func inspectHeader(path string) error {
	if err := checkRegular(path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", filepath.Dir(path), ErrNoJob)
	}
	if err != nil {
		return openError(path, err)
	}
	defer f.Close()
	var head [100]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:16]) != "SQLite format 3\x00" {
		return &DamagedError{path, errors.New("it is not a SQLite database")}
	}
	if id := binary.BigEndian.Uint32(head[68:]); id != applicationID {
		return &DamagedError{path, fmt.Errorf("its application id is %#x", id)}
	}
	if head[18] > 2 || head[19] > 2 { // SQLite would open it read-only
		return &DamagedError{path, fmt.Errorf("its file format is %d/%d", head[18], head[19])}
	}
	switch format := int(binary.BigEndian.Uint32(head[60:])); {
	case format < 1:
		return &DamagedError{path, fmt.Errorf("its format is %d", format)}
	case format != schemaVersion:
		return &FormatError{path, format}
	}
	return nil
}

// checkFormat checks the format through SQLite, because the write-ahead log may be newer than
// the file's header.
func checkFormat(ctx context.Context, db *sql.DB, path string) error {
	var format int
	err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&format)
	if err == nil && format != schemaVersion {
		err = &FormatError{path, format}
	}
	return err
}

// writeParams are the parameters of a connection that writes to the job.
const writeParams = "mode=rw&_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"

// open makes a database handle. parameters are those of SQLite URIs and of the driver.
func open(path string, parameters string) (*sql.DB, error) {
	return sql.Open("sqlite", uri(path, parameters+"&_pragma=busy_timeout(10000)"))
}

// uri is the name of a file for SQLite (SQLite, "Uniform Resource Identifiers").
func uri(path, parameters string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(absolute(path)), RawQuery: parameters}
	return u.String()
}
