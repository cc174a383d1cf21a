package cli

import (
	"errors"
	"fmt"

	"adferry/jobs/store"
	"adferry/reports"
)

// usageError is a mistake in how adferry was called or configured.
type usageError struct {
	err  error
	hint []string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(hint, format string, args ...any) error {
	e := &usageError{err: fmt.Errorf(format, args...)}
	if hint != "" {
		e.hint = []string{hint}
	}
	return e
}

// endedError is a run that came to its end and has already said how: only its exit
// code is left.
type endedError struct{ code int }

func (e *endedError) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// guardError is a safety guard that let nothing start.
type guardError struct {
	what string
	hint string
}

func (e *guardError) Error() string { return e.what }

// errDisk: a disk kept a new job from being started.
var errDisk = errors.New("the job cannot be started")

// notStarted tells a disk that would not take a new job from what else can go
// wrong with one.
func notStarted(err error) error {
	if errors.As(err, new(*store.DiskError)) {
		return fmt.Errorf("%w: %w", errDisk, err)
	}
	return err
}

// runError is what ended a run that may have sent writes. Whatever the reason is,
// what is left can be resumed.
type runError struct{ error }

func (e *runError) Unwrap() error { return e.error }

// whileRunning marks the error of an engine's run.
func whileRunning(err error) error {
	if err == nil {
		return nil
	}
	return &runError{err}
}

// jobError is what kept a job from its end, and where the job is, which hints name.
type jobError struct {
	place place
	error
}

func (e *jobError) Unwrap() error { return e.error }

// withJob says in which job something went wrong, if anything did.
func withJob(p place, err error) error {
	if err == nil {
		return nil
	}
	return &jobError{p, err}
}

// placeOfError is where the job is that an error is about, or DIR where it is about none.
func placeOfError(err error) place {
	if job, ok := errors.AsType[*jobError](err); ok {
		return job.place
	}
	return inFolder("DIR")
}

// jobCommand is a command for the job that an error is about.
func jobCommand(command string, err error) string {
	return placeOfError(err).Command(command)
}

// jobFile is the path of a file of the job that an error is about.
func jobFile(err error, name string) string {
	return reports.Quote(placeOfError(err).File(name))
}
