package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
)

// An error that the table does not know exits with 2, "nothing was sent", only where
// that is true.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	odd := errors.New("something odd")
	full := &store.DiskError{Err: errors.New("no space left on device")}
	refused := &jobs.RefusedError{Err: &graph.Error{Code: 190}}
	for _, test := range []struct {
		name string
		err  error
		code int
		hint string // a part of the hints; empty: there are none
	}{
		{"none", nil, exitDone, ""},
		{"unknown, before a run", odd, exitUsage, ""},
		{"unknown, before a job's run", withJob(inFolder("small.job"), odd), exitUsage, ""},
		{"unknown, in a run", withJob(inFolder("small.job"), whileRunning(odd)), exitStopped, "adferry resume small.job goes on"},
		{"unknown, in a reading", &readingError{odd}, exitStopped, "run it again from the start"},
		{"failures, told already", &endedError{exitFailures}, exitFailures, ""},
		{"usage", usagef("do this", "no"), exitUsage, "do this"},
		{"full disk, before a job", notStarted(full), exitStopped, "nothing was sent"},
		{"full disk, in a run", withJob(inFolder("a b"), whileRunning(&jobs.CheckpointError{Err: full})), exitStopped, "adferry resume 'a b'"},
		{"full disk, in a reading", &readingError{full}, exitStopped, "run it again"},
		{"role without a privilege", withJob(inFolder("j"), &jobs.CheckpointError{Err: &postgres.PermissionError{Err: odd}}), exitUsage, "docs/database.md"},
		{"role that lost one, in a run", withJob(inFolder("j"), whileRunning(&jobs.CheckpointError{Err: &postgres.PermissionError{Err: odd}})), exitStopped, "adferry resume j"},
		{"reports", withJob(inFolder("small.job"), fmt.Errorf("%w: %w", errReports, full)), exitStopped, "adferry report small.job"},
		{"damaged while reports are written", fmt.Errorf("%w: %w", errReports, &store.DamagedError{Path: "job.db", Err: odd}), exitUnusable, "left untouched"},
		{"token refused, in a run", withJob(inFolder("small.job"), whileRunning(refused)), exitRefused, "adferry resume small.job"},
		{"token refused, in a reading", &readingError{refused}, exitRefused, "then run it again"},
		{"guard", withJob(inFolder("small.job"), whileRunning(&jobs.FailuresError{Failed: 3, Settled: 4})), exitGuard, "small.job/failed.csv"},
		{"contradiction", withJob(inFolder("small.job"), &registry.ConflictError{Mine: "small.job", Other: "other.job", Err: odd}), exitGuard, "other.job"},
		{"locked", withJob(inFolder("small.job"), store.ErrLocked), exitLocked, "adferry status small.job"},
		{"another user's, running", &store.ForeignError{Dir: "small.job", Owner: "eve", Running: true, Readable: true}, exitLocked, "only eve"},
		{"another user's", &store.ForeignError{Dir: "small.job", Owner: "eve"}, exitUsage, "eve"},
		{"interrupted while a write is in doubt", &unconfirmedError{err: jobs.ErrInterrupted, again: "adferry undo small.job"}, exitStopped, "adferry undo small.job"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if code := exitCode(test.err); code != test.code {
				t.Errorf("got exit code %d, want %d", code, test.code)
			}
			if got := strings.Join(hints(test.err), "\n"); test.hint == "" && got != "" || !strings.Contains(got, test.hint) {
				t.Errorf("got hint %q, want %q", got, test.hint)
			}
		})
	}
}
