package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"adferry/jobs/board"
	"adferry/jobs/store"
)

// SchemaError is a database whose tables are of another version than this adferry needs.
type SchemaError struct {
	Version int // 0: it has no tables of adferry
	Needed  int
}

func (e *SchemaError) Error() string {
	switch {
	case e.Version == 0:
		return "the database has no tables of adferry"
	case e.Version > e.Needed:
		return fmt.Sprintf("the database has version %d of adferry's tables; this version of adferry needs %d", e.Version, e.Needed)
	}
	return fmt.Sprintf("the database has version %d of adferry's tables, which is older than the %d that this version of adferry needs", e.Version, e.Needed)
}

// UnavailableError is a database that cannot be reached, that ended the connection, or that could not
// do what it may do when asked again: it has no connections left, or is about to be another server's
// standby. What was committed is in it.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return "the database cannot be reached: " + e.Err.Error() }
func (e *UnavailableError) Unwrap() error { return e.Err }

// PermissionError is a role of the database that lacks a privilege. What it may do is done.
type PermissionError struct{ Err error }

func (e *PermissionError) Error() string { return e.Err.Error() }
func (e *PermissionError) Unwrap() error { return e.Err }

// jobError is an error of package store about a job of the database, in words that fit there.
type jobError struct {
	text string
	is   error
}

func (e *jobError) Error() string { return e.text }
func (e *jobError) Unwrap() error { return e.is }

// ErrLockLost means that the connection no longer has the job's lock, so that another process
// may be running the job.
var ErrLockLost = errors.New("the database no longer holds the lock of this job for this process")

// lockNotAvailable is the code of a statement that waited for a lock in vain.
const lockNotAvailable = "55P03"

const diskFull = "53100"

func isCode(err error, code string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == code
}

// classify says what an error of PostgreSQL means (PostgreSQL, Appendix A, "Error Codes").
func classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrLockLost) || errors.Is(err, board.ErrLeaseLost) {
		return err
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case isPassing(e.Code):
			return &UnavailableError{err}
		case e.Code == "42501": // insufficient privilege
			return &PermissionError{err}
		case e.Code == diskFull, strings.HasPrefix(e.Code, "58"): // disk full, system error
			return &store.DiskError{Err: err}
		}
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return &UnavailableError{err} // all others are of the connection
}

// isPassing reports whether an error may be gone when the database is asked again.
func isPassing(code string) bool {
	switch code {
	case "25006", // read-only: the server is a standby now
		"25P03", // idle in a transaction for too long, as a process is that was stopped
		"40001", // serialization failure
		"40P01": // deadlock
		return true
	case diskFull:
		return false
	}
	return strings.HasPrefix(code, "08") || // connection exception
		strings.HasPrefix(code, "53") || // no memory, too many connections
		strings.HasPrefix(code, "57P") // shut down, crashed, starting up
}
