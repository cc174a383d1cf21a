package cli

import (
	"context"
	"errors"
	"strings"

	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/plan"
	"adferry/reports"
)

// The exit codes, by their names here; package reports says what each means.
const (
	exitDone     = reports.ExitDone
	exitFailures = reports.ExitFailures
	exitUsage    = reports.ExitUsage
	exitStopped  = reports.ExitStopped
	exitRefused  = reports.ExitRefused
	exitGuard    = reports.ExitGuard
	exitLocked   = reports.ExitLocked
	exitUnusable = reports.ExitUnusable
)

// errorCase is a row of the table of errors: the errors that it is about, the code to
// exit with, and what to do about it (nil: there is nothing to say).
type errorCase struct {
	match func(error) bool
	code  int
	hint  func(error) []string
}

// errorCases is the one place where an error becomes an exit code and a hint: the first
// row that matches counts. Errors wrap each other, so a row stands before those of
// the errors that its own may hold.
var errorCases = []errorCase{
	kind[*partialError](exitFailures, nil),
	kind(exitGuard, func(e *registry.ConflictError, _ error) []string { return contradictionHints(e) }),
	kind(exitUsage, func(e *store.LinkedError, _ error) []string { return linkedHints(e) }),
	kind(exitUsage, func(e *usageError, _ error) []string { return e.hint }),
	kind(exitUsage, backupHints),
	kind[*plan.ProblemsError](exitUsage, nil),
	{runningForeign, exitLocked, hintOf(foreignHints)},
	kind(exitUsage, foreignHints),
	kind(exitUsage, always[*store.OccupiedError]("name a new folder with --job DIR; nothing was sent")),
	kind(exitFailures, func(e *reader.AccountError, _ error) []string { return accountHints(e) }),
	is(errOutput, exitStopped, fixed("free some space, or fix where the output goes, then run it again")),
	is(errPublish, exitStopped, fixed("free some space or fix the disk, then run it again")),
	kind(exitGuard, func(e *guardError, _ error) []string { return []string{e.hint} }),
	kind(exitGuard, limitHints),
	kind(exitRefused, refusedHints),
	kind(exitGuard, func(_ *jobs.FailuresError, err error) []string {
		return []string{"read " + jobFile(err, "failed.csv") + "; if the failures are expected, go on with " + jobCommand("resume", err) + " and a higher --max-failures"}
	}),
	kind(exitUnusable, always[*store.DamagedError]("the file was left untouched; restore it from a copy, or start a new job in another folder: rows that are done are skipped there")),
	kind(exitUnusable, always[*store.FormatError]("use the version of adferry that made the job")),
	{withoutTables, exitUsage, func(error) []string { return []string{"to make them: adferry migrate"} }},
	{deniedAtStart, exitUsage, func(error) []string {
		return []string{"nothing was sent; give the role the privileges that docs/database.md names"}
	}},
	kind(exitUnusable, func(e *postgres.SchemaError, _ error) []string { return schemaHints(e) }),
	is(store.ErrLocked, exitLocked, func(err error) string { return jobCommand("status", err) + " shows how far it is" }),
	is(registry.ErrBusy, exitLocked, fixed("find the adferry process that hangs and end it, then run this again; nothing was sent")),
	is(store.ErrUsesBusy, exitLocked, fixed("wait until it ends, then run this again")),
	is(store.ErrBusy, exitLocked, fixed("wait until it ends, or let the timer start the next run")),
	is(store.ErrNoJob, exitUsage, func(err error) string {
		if p := placeOfError(err); p.database != nil {
			return "adferry jobs lists those that it has; to make one: " + p.Command("submit MANIFEST")
		}
		return "to make one: adferry run MANIFEST --job " + reports.Quote(placeOfError(err).Folder)
	}),
	is(store.ErrExists, exitUsage, nil),
	kind(exitStopped, func(_ *postgres.UnavailableError, err error) []string { return databaseHints(err) }),
	is(postgres.ErrLockLost, exitStopped, func(err error) string { return databaseHints(err)[0] }),
	is(errDisk, exitStopped, fixed("nothing was sent; free some space or fix the disk, then run it again")),
	is(errReports, exitStopped, func(err error) string {
		return "every outcome is saved in the job; fix the cause, then " + jobCommand("report", err) + " writes them"
	}),
	kind(exitStopped, func(_ *jobs.CheckpointError, err error) []string { return diskHints(err) }),
	kind(exitStopped, func(_ *jobs.PictureError, err error) []string { return diskHints(err) }),
	kind(exitUsage, always[*store.UnwritableError]("copy the folder and name the copy, or ask the owner for write access")),
	kind(exitStopped, func(_ *store.DiskError, err error) []string { return diskHints(err) }),
	kind(exitStopped, func(_ *jobs.OfflineError, err error) []string {
		return []string{"check the network, the proxy and ADFERRY_ENDPOINT, then " + nextStep(err)}
	}),
	kind(exitStopped, func(e *unconfirmedError, _ error) []string {
		return []string{"nothing was changed; after " + reports.Clock(e.until) + ", " + e.again + " has nothing to wait for"}
	}),
	kind(exitStopped, func(_ *jobs.ThrottledError, err error) []string { return []string{"after that, " + nextStep(err)} }),
	is(jobs.ErrStuck, exitStopped, func(err error) string {
		return "nothing is lost: " + nextStep(err) + "; please report how this came about"
	}),
	is(jobs.ErrUnsettled, exitStopped, func(err error) string {
		return jobCommand("resume", err) + " reads them first; " + jobFile(err, "results.csv") + " shows which rows are unknown or pending"
	}),
	is(jobs.ErrInterrupted, exitStopped, stoppedHint),
	is(jobs.ErrDuration, exitStopped, stoppedHint),
	is(context.Canceled, exitStopped, nil),
	kind(exitStopped, func(_ *runError, err error) []string { return []string{stoppedHint(err)} }),
	kind(exitStopped, func(_ *readingError, err error) []string { return []string{stoppedHint(err)} }),
}

// kind is a row about errors of type E.
func kind[E error](code int, hint func(e E, err error) []string) errorCase {
	return errorCase{
		match: func(err error) bool {
			_, ok := errors.AsType[E](err)
			return ok
		},
		code: code, hint: hintOf(hint),
	}
}

// always is the same hint for every error of type E.
func always[E error](hint string) func(E, error) []string {
	return func(E, error) []string { return []string{hint} }
}

func hintOf[E error](hint func(e E, err error) []string) func(error) []string {
	if hint == nil {
		return nil
	}
	return func(err error) []string {
		e, _ := errors.AsType[E](err)
		return hint(e, err)
	}
}

// is is a row about one error.
func is(target error, code int, hint func(error) string) errorCase {
	row := errorCase{match: func(err error) bool { return errors.Is(err, target) }, code: code}
	if hint != nil {
		row.hint = func(err error) []string { return []string{hint(err)} }
	}
	return row
}

// fixed is a hint that is the same for every error.
func fixed(hint string) func(error) string { return func(error) string { return hint } }

// caseOf is the row for an error. One that the table does not know came before
// anything was sent: what comes later is a runError or a readingError.
func caseOf(err error) errorCase {
	for _, row := range errorCases {
		if row.match(err) {
			return row
		}
	}
	return errorCase{code: exitUsage}
}

// exitCode is the code to exit with.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if ended, ok := errors.AsType[*endedError](err); ok {
		return ended.code
	}
	return caseOf(err).code
}

// hints says what to do about an error.
func hints(err error) []string {
	if row := caseOf(err); row.hint != nil {
		return row.hint(err)
	}
	return nil
}

// isReading tells a command that only read, and leaves no job to resume.
func isReading(err error) bool {
	_, ok := errors.AsType[*readingError](err)
	return ok
}

// nextStep says how to go on after an error: with its job, or from the start.
func nextStep(err error) string {
	if isReading(err) {
		return "run it again"
	}
	return "go on with " + jobCommand("resume", err)
}

func stoppedHint(err error) string {
	if _, ok := errors.AsType[*partReadError](err); ok {
		return "run it again: it goes on where it stopped"
	}
	if isReading(err) {
		return "nothing was changed; run it again from the start"
	}
	return jobCommand("resume", err) + " goes on"
}

func diskHints(err error) []string {
	return []string{"no result is lost; free some space or fix the disk, then " + nextStep(err)}
}

func withoutTables(err error) bool {
	e, ok := errors.AsType[*postgres.SchemaError](err)
	return ok && e.Version == 0
}

// deniedAtStart reports whether the database's role lacks a privilege, and no run has sent
// anything.
func deniedAtStart(err error) bool {
	_, denied := errors.AsType[*postgres.PermissionError](err)
	_, ran := errors.AsType[*runError](err)
	return denied && !ran
}

func schemaHints(e *postgres.SchemaError) []string {
	if e.Version > e.Needed {
		return []string{"use the version of adferry that the database was migrated with, or a newer one; nothing was changed"}
	}
	return []string{"nothing was changed; once no older adferry runs a job there, go on to this version: adferry migrate"}
}

// databaseHints say what to do about a database that cannot be reached.
func databaseHints(err error) []string {
	then := "run this again"
	if _, ok := errors.AsType[*runError](err); ok {
		then = jobCommand("resume", err)
	}
	return []string{"no result is lost; check that PostgreSQL runs and can be reached, then " + then}
}

func runningForeign(err error) bool {
	e, ok := errors.AsType[*store.ForeignError](err)
	return ok && e.Running
}

// foreignHints say what to do about another user's job.
func foreignHints(e *store.ForeignError, _ error) []string {
	if e.Running && e.Readable {
		return []string{"adferry status " + reports.Quote(e.Dir) + " shows how far it is; only " + e.Owner + " can steer it"}
	}
	return []string{"run this as " + e.Owner + ", or ask them"}
}

// refusedHints says what to renew, by the codes of the Graph API's error reference.
func refusedHints(e *jobs.RefusedError, err error) []string {
	cure := "check the app's permissions (ads_management) and restrictions"
	switch e.Err.Code {
	case 190, 102, 2500:
		cure = "renew the access token"
		if len(e.Credentials) > 0 {
			cure = "renew " + strings.Join(e.Credentials, " and ")
		}
	case 2635:
		cure = "this API version has ended; set ADFERRY_API_VERSION to a later one"
	case 100:
		cure = "set ADFERRY_APP_SECRET to the secret of the app that the token belongs to"
		if len(e.Credentials) > 0 {
			cure = "name the secret of the app in the column app_secret, beside " + strings.Join(e.Credentials, " and ")
		}
	}
	return []string{cure + ", then " + nextStep(err) + ": nothing is lost"}
}
