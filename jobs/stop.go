package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// A run that cannot go on ends with one of these; every operation that was not
// settled is left for a later one.
var (
	// ErrInterrupted: a signal asked to stop.
	ErrInterrupted = errors.New("interrupted")
	// ErrDuration: MaxDuration is over.
	ErrDuration = errors.New("the time that --max-duration allows is over")
	// ErrStuck: rows are left, and nothing is awaited that could advance them. It is a
	// defect of adferry, and better than waiting for ever.
	ErrStuck = errors.New("internal error: the remaining rows cannot make progress")
	// ErrUnsettled: the API could not be read to settle what is left: answers that
	// were lost, or images of an account that answers as if it were throttled.
	ErrUnsettled = errors.New("the outcome of some rows is unknown: the API could not be read")
)

// RefusedError: the API refused the token or the app, or those of some of the credentials.
type RefusedError struct {
	Err         *graph.Error // of the first of them
	Credentials []string     // their labels, if there are several credentials
}

func (e *RefusedError) Error() string {
	if len(e.Credentials) > 0 {
		return "the API refused " + strings.Join(e.Credentials, ", ") + ": " + e.Err.Error()
	}
	return "the API refused the token or the app: " + e.Err.Error()
}
func (e *RefusedError) Unwrap() error { return e.Err }

// ThrottledError: a throttle, or another wait, that is longer than the options allow.
type ThrottledError struct {
	Account plan.Account // "" for the app
	Until   time.Time
	Why     string // if it is no throttle
}

func (e *ThrottledError) Error() string {
	who := "the app"
	if e.Account != "" {
		who = e.Account.Act()
	}
	if e.Why != "" {
		return fmt.Sprintf("%s has to wait until %s: %s", who, e.Until.UTC().Format(time.RFC3339), e.Why)
	}
	return fmt.Sprintf("%s is throttled until %s", who, e.Until.UTC().Format(time.RFC3339))
}

// FailuresError: more operations failed than the guard allows.
type FailuresError struct{ Failed, Settled int }

func (e *FailuresError) Error() string {
	return fmt.Sprintf("%d of %d copies, uploads and deletions failed", e.Failed, e.Settled)
}

// OfflineError: the API could not be reached for a while, or something else kept
// answering in its place.
type OfflineError struct{ Err *graph.Error }

func (e *OfflineError) Error() string { return e.Err.Error() }
func (e *OfflineError) Unwrap() error { return e.Err }

// PictureError: a picture could not be written to disk, or the disk of an upload's file failed, so
// nothing more was sent.
type PictureError struct {
	File string // of an upload; "": the picture was received
	Err  error
}

func (e *PictureError) Error() string {
	if e.File != "" {
		return "the file " + e.File + " could not be uploaded: " + e.Err.Error()
	}
	return "a picture could not be saved: " + e.Err.Error()
}
func (e *PictureError) Unwrap() error { return e.Err }

// FileError: the file of an upload cannot be read, or is no image.
type FileError struct {
	Name string
	Err  error
}

func (e *FileError) Error() string { return e.Name + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// CheckpointError: the checkpoint could not be written or read, so nothing more was
// sent.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return "the checkpoint failed: " + e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }
