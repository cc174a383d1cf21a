package cli

import (
	"context"
	"errors"
	"fmt"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// The exit codes, as users' scripts know them.
const (
	exitDone      = 0 // every row ended as wanted
	exitFailures  = 1 // finished, and some rows failed
	exitUsage     = 2 // usage, configuration or manifest error; nothing was sent
	exitStopped   = 3 // stopped early; resume goes on
	exitRefused   = 4 // the API refused the token or the app
	exitGuard     = 5 // a safety guard stopped the run
	exitLocked    = 6 // another process holds the job
	exitUnusable  = 7 // the job file is damaged or newer
	exitUndefined = exitUsage
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

// endedError is a run that came to its end and has been told of: its code alone
// is left to say.
type endedError struct{ code int }

func (e *endedError) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// jobError is what kept a job from its end, and the job's folder, for hints to name.
type jobError struct {
	dir string
	err error
}

func (e *jobError) Error() string { return e.err.Error() }
func (e *jobError) Unwrap() error { return e.err }

// inJob says in which folder's job something went wrong, if anything did.
func inJob(dir string, err error) error {
	if err == nil {
		return nil
	}
	return &jobError{dir, err}
}

// onJob is a command for the job that an error is about.
func onJob(command string, err error) string {
	dir := "DIR"
	if job := (*jobError)(nil); errors.As(err, &job) {
		dir = reports.Quote(job.dir)
	}
	return "adferry " + command + " " + dir
}

// guardError is a safety guard that let nothing start.
type guardError struct {
	what string
	hint string
}

func (e *guardError) Error() string { return e.what }

// diskError is a disk that kept a new job from being started.
type diskError struct{ err error }

func (e *diskError) Error() string { return "the job cannot be started: " + e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// notStarted tells a disk that would not take a new job from what else can go
// wrong with one.
func notStarted(err error) error {
	var disk *store.DiskError
	if errors.As(err, &disk) {
		return &diskError{err}
	}
	return err
}

// exitCode is the one place where an error becomes a code.
func exitCode(err error) int {
	var (
		ended    *endedError
		usage    *usageError
		guard    *guardError
		problems *plan.ProblemsError
		refused  *jobs.RefusedError
		failures *jobs.FailuresError
		damaged  *store.DamagedError
		newer    *store.NewerError
		unsaved  *jobs.CheckpointError
		picture  *jobs.PictureError
		disk     *store.DiskError
		doubt    *doubtError
		linked   *store.LinkedError
		beside   *registry.ContradictionError
		occupied *store.OccupiedError
		partial  *partialError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &partial):
		return exitFailures
	case errors.As(err, &beside):
		return exitGuard
	case errors.As(err, &usage), errors.As(err, &problems), errors.As(err, &linked), errors.As(err, &occupied):
		return exitUsage
	case errors.As(err, &damaged), errors.As(err, &newer):
		return exitUnusable
	case errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrBusy), errors.Is(err, registry.ErrBusy):
		return exitLocked
	case errors.Is(err, store.ErrNoJob), errors.Is(err, store.ErrExists):
		return exitUsage
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &failures), errors.As(err, &guard):
		return exitGuard
	case errors.As(err, &unsaved), errors.As(err, &picture), errors.As(err, &disk), errors.As(err, &doubt), stopped(err):
		return exitStopped
	}
	return exitUndefined
}

// stopped reports whether a run ended early and resume goes on from there.
func stopped(err error) bool {
	var throttled *jobs.ThrottledError
	var offline *jobs.OfflineError
	var output *outputError
	return errors.As(err, &output) || errors.Is(err, jobs.ErrInterrupted) || errors.Is(err, jobs.ErrDuration) || errors.Is(err, jobs.ErrUnsettled) || errors.Is(err, jobs.ErrStuck) ||
		errors.Is(err, context.Canceled) || errors.As(err, &throttled) || errors.As(err, &offline) || errors.Is(err, errReports)
}

// hints says what to do about an error.
func hints(err error) []string {
	var (
		usage    *usageError
		guard    *guardError
		refused  *jobs.RefusedError
		failures *jobs.FailuresError
		damaged  *store.DamagedError
		newer    *store.NewerError
		fresh    *diskError
		unsaved  *jobs.CheckpointError
		picture  *jobs.PictureError
		disk     *store.DiskError
		folder   *store.UnwritableError
		offline  *jobs.OfflineError
		wait     *jobs.ThrottledError
		doubt    *doubtError
		reading  *readingError
		account  *reader.AccountError
		output   *outputError
		linked   *store.LinkedError
		beside   *registry.ContradictionError
		occupied *store.OccupiedError
		foreign  *store.ForeignError
	)
	switch {
	case errors.As(err, &beside):
		return contradictionHints(beside)
	case errors.As(err, &linked):
		return linkedHints(linked)
	case errors.As(err, &usage):
		return usage.hint
	case errors.As(err, &foreign):
		return foreignHints(foreign)
	case errors.As(err, &occupied):
		return []string{"name a new folder with --job DIR; nothing was sent"}
	case errors.As(err, &reading):
		return readingHints(reading.err)
	case errors.As(err, &account):
		return accountHints(account.Err)
	case errors.As(err, &output):
		return []string{"make room or fix it, then run it again"}
	case errors.As(err, &guard):
		return []string{guard.hint}
	case errors.As(err, &refused):
		return refusedHints(refused.Err, onJob("resume", err))
	case errors.As(err, &failures):
		return []string{"read failed.csv; if the failures are expected, go on with " + onJob("resume", err) + " and a higher --max-failures"}
	case errors.As(err, &damaged):
		return []string{"the file was left as it is; restore job.db from a copy, or start a new job in another folder: what is done already is skipped"}
	case errors.As(err, &newer):
		return []string{"use the version of adferry that made the job, or a newer one"}
	case errors.As(err, &folder):
		return []string{"copy the folder and name the copy, or ask whoever owns it"}
	case errors.Is(err, store.ErrLocked):
		return []string{onJob("status", err) + " shows how far it is"}
	case errors.Is(err, registry.ErrBusy):
		return []string{"look for an adferry that hangs, end it, and run this again; nothing was sent"}
	case errors.Is(err, store.ErrBusy):
		return []string{"let it end; the next run of the timer goes on"}
	case errors.Is(err, store.ErrNoJob):
		return []string{"adferry run MANIFEST --job DIR makes one"}
	case errors.As(err, &fresh):
		return []string{"nothing was sent; make room or mend the disk, then run again"}
	case errors.Is(err, errReports):
		return []string{"every outcome is safe in the job; mend that, then " + onJob("report", err) + " writes them"}
	case errors.As(err, &unsaved), errors.As(err, &picture), errors.As(err, &disk):
		return []string{"nothing settled is lost; make room or mend the disk, then " + onJob("resume", err)}
	case errors.As(err, &offline):
		return []string{"check the network, the proxy and ADFERRY_ENDPOINT, then " + onJob("resume", err)}
	case errors.As(err, &doubt):
		return []string{"nothing was changed; after " + clock(doubt.until) + ", " + doubt.again + " goes on without a wait"}
	case errors.As(err, &wait):
		return []string{"come back then with " + onJob("resume", err)}
	case errors.Is(err, jobs.ErrStuck):
		return []string{"nothing is lost; " + onJob("resume", err) + " goes on, and a report of how it came about is welcome"}
	case errors.Is(err, jobs.ErrUnsettled):
		return []string{onJob("resume", err) + " reads them again before anything else; results.csv shows which rows are unknown or pending"}
	case errors.Is(err, jobs.ErrInterrupted), errors.Is(err, jobs.ErrDuration):
		return []string{onJob("resume", err) + " goes on"}
	}
	return nil
}

// foreignHints say what to do about another user's job.
func foreignHints(e *store.ForeignError) []string {
	if e.Running && e.Read {
		return []string{"adferry status " + reports.Quote(e.Dir) + " shows how far it is; only " + e.Owner + " can steer it"}
	}
	return []string{"run this as " + e.Owner + ", or ask them"}
}

// refusedHints says what to renew, by the codes of the Graph API's error
// reference, and what to do then.
func refusedHints(e *graph.Error, then string) []string {
	cure := "check the app's permissions (ads_management) and restrictions"
	switch e.Code {
	case 190, 102, 2500:
		cure = "renew the access token"
	case 2635:
		cure = "this API version has ended; set ADFERRY_API_VERSION to a later one"
	case 100:
		cure = "set ADFERRY_APP_SECRET to the secret of the app that the token belongs to"
	}
	return []string{cure + ", then " + then + ": nothing is lost"}
}
