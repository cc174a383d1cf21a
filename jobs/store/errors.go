package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"modernc.org/sqlite" // registers the driver, too
)

// DiskError is a disk that is full, failed or not writable. The job on it is intact.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

// UnwritableError is a job that cannot be read because its folder is not writable: SQLite
// has to write there while the log is not yet merged into the job file.
type UnwritableError struct {
	Dir string
	Err error
}

func (e *UnwritableError) Error() string {
	return fmt.Sprintf("the job in %s cannot be read, because SQLite cannot write to that folder: %s", e.Dir, e.Err)
}
func (e *UnwritableError) Unwrap() error { return e.Err }

// isUnwritable reports whether SQLite failed because a folder is not writable.
func isUnwritable(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == 8 || e.Code()&0xff == 14) // SQLITE_READONLY, SQLITE_CANTOPEN
}

// diskErrors are the operating system's errors that are a DiskError. EFBIG is the
// process's limit of file sizes, which has the same effect as a full disk.
var diskErrors = []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS}

// classifyError makes a DamagedError or a DiskError of an error of SQLite or of the operating
// system that means one (SQLite, "Result and Error Codes"), and returns any other as it is.
// SQLite also reports a page that the disk cannot read as corrupt.
func classifyError(path string, err error) error {
	var damage *DamagedError
	var disk *DiskError
	var folder *UnwritableError
	if err == nil || errors.As(err, &damage) || errors.As(err, &disk) || errors.As(err, &folder) {
		return err
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case 1, // SQLITE_ERROR: our statements are correct, so the tables are not ours
			11, // SQLITE_CORRUPT
			19, // SQLITE_CONSTRAINT: as for SQLITE_ERROR
			20, // SQLITE_MISMATCH
			26: // SQLITE_NOTADB
			return &DamagedError{path, err}
		case 8, // SQLITE_READONLY
			10, // SQLITE_IOERR
			13, // SQLITE_FULL
			14: // SQLITE_CANTOPEN
			return &DiskError{err}
		}
		return err
	}
	var errno syscall.Errno
	if errors.As(err, &errno) && slices.Contains(diskErrors, errno) {
		return &DiskError{err}
	}
	return err
}

// classifyReadError is classifyError for reading values. Values of a wrong type are a
// DamagedError, too, because adferry did not write them.
func classifyReadError(path string, err error) error {
	found := classifyError(path, err)
	var e *sqlite.Error
	if err == nil || found != err || errors.As(err, &e) || errors.As(err, new(*DamagedError)) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return found
	}
	return &DamagedError{path, err}
}
