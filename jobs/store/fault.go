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

// DiskError is a disk that is full, failed or may not be written to. What it
// holds of the job is whole.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

// UnwritableError is a folder that would have to be written to for its job to be
// read: SQLite needs that while the job's log is not in its file yet.
type UnwritableError struct {
	Dir string
	Err error
}

func (e *UnwritableError) Error() string {
	return fmt.Sprintf("SQLite has to write to %s to read its job, and may not: %s", e.Dir, e.Err)
}
func (e *UnwritableError) Unwrap() error { return e.Err }

// unwritable recognises in SQLite's words a folder that may not be written to.
func unwritable(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == 8 || e.Code()&0xff == 14) // SQLITE_READONLY, SQLITE_CANTOPEN
}

// diskErrors are the operating system's words for it. A file-size limit (EFBIG)
// is a full disk to the process that has it.
var diskErrors = []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS}

// fault recognises a damaged file and a failing disk in an error of SQLite or of
// the operating system (SQLite, "Result and Error Codes"). SQLite calls a page
// that the disk cannot read corrupt, too.
func fault(path string, err error) error {
	var damage *DamagedError
	var disk *DiskError
	var folder *UnwritableError
	if err == nil || errors.As(err, &damage) || errors.As(err, &disk) || errors.As(err, &folder) {
		return err
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case 1, // SQLITE_ERROR: our statements are sound, so the tables are not ours
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

// foreign recognises, besides faults, values that do not fit where they were
// read into: adferry did not write them.
func foreign(path string, err error) error {
	found := fault(path, err)
	var e *sqlite.Error
	if err == nil || found != err || errors.As(err, &e) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return found
	}
	return &DamagedError{path, err}
}
