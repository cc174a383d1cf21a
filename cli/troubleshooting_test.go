package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/undo"
	"adferry/plan"
	"adferry/reports"
)

// docs/troubleshooting.md has a section for each exit code, and in it an entry for each row
// of the table of errors, by words of its message or hint.
func TestTroubleshooting(t *testing.T) {
	text := readText(t, "../docs/troubleshooting.md")
	sections := map[int]string{}
	for code := range reports.ExitMeanings {
		_, after, ok := strings.Cut(text, fmt.Sprintf("\n### Exit code %d\n", code))
		if !ok {
			t.Errorf("exit code %d has no section", code)
		}
		sections[code], _, _ = strings.Cut(after, "\n##")
	}
	odd := errors.New("something odd")
	full := &store.DiskError{Err: errors.New("no space left on device")}
	covered := map[int]bool{}
	for _, tt := range []struct {
		err   error
		words string
	}{
		{&reader.AccountError{Err: &graph.Error{}}, "cannot be read"},
		{&partialError{undo.Finding{Gone: make([]jobs.Operation, 1)}}, "not everything can be taken back"},

		{usagef("", "--workers must be from 1 to 1000, not 0"), "must be"},
		{&plan.ProblemsError{}, "the manifest has"},
		{store.ErrNoJob, "there is no job in this folder"},
		{store.ErrExists, "there is a job in this folder already"},
		{&postgres.PermissionError{Err: odd}, "give the role the privileges"},
		{&postgres.SchemaError{Needed: 1}, "the database has no tables of adferry"},
		{&store.OccupiedError{}, "a job needs a folder of its own"},
		{&store.ForeignError{}, "belongs to"},
		{&store.LinkedError{Target: "job.db"}, "is a symbolic link to"},
		{&undo.BackupError{Err: odd}, "name the job's backup with --backup"},
		{&store.UnwritableError{Err: odd}, "SQLite cannot write to that folder"},

		{jobs.ErrInterrupted, "interrupted"},
		{context.Canceled, "context canceled"},
		{jobs.ErrDuration, "the time that --max-duration allows is over"},
		{&jobs.ThrottledError{}, "is throttled until"},
		{&jobs.OfflineError{Err: &graph.Error{}}, "check the network, the proxy and ADFERRY_ENDPOINT"},
		{&postgres.UnavailableError{Err: odd}, "the database cannot be reached"},
		{postgres.ErrLockLost, "the database no longer holds the lock of this job"},
		{jobs.ErrUnsettled, "the outcome of some rows is unknown"},
		{&jobs.CheckpointError{Err: odd}, "the checkpoint failed"},
		{&jobs.PictureError{Err: odd}, "a picture could not be saved"},
		{&jobs.PictureError{File: "a.png", Err: odd}, "could not be uploaded"},
		{notStarted(full), "the job cannot be started"},
		{full, "no space left on device"},
		{errReports, "the reports could not be written"},
		{fmt.Errorf("%w: %w", errOutput, odd), "the output cannot be written"},
		{fmt.Errorf("%w: %w", errPublish, odd), "the result cannot be written"},
		{&partReadError{&readingError{odd}}, "it goes on where it stopped"},
		{&unconfirmedError{err: odd, until: time.Now()}, "has nothing to wait for"},
		{jobs.ErrStuck, "the remaining rows cannot make progress"},
		{&readingError{odd}, "nothing was changed"},
		{whileRunning(odd), "goes on"},

		{&jobs.RefusedError{Err: &graph.Error{}}, "the API refused the token or the app"},

		{&guardError{what: "the manifest deletes 2 images", hint: "to agree, add --yes; nothing was sent"}, "to agree, add --yes"},
		{&cleanup.LimitError{}, "--max-delete allows"},
		{checkMaxDelete(jobs.Limit{Count: 1, Set: true}, 2, 3), "--max-delete allows"},
		{&jobs.FailuresError{}, "copies, uploads and deletions failed"},
		{&registry.ConflictError{Err: odd}, "the unfinished job in"},

		{store.ErrLocked, "another process is running this job"},
		{&store.ForeignError{Running: true}, "is being run by"},
		{store.ErrBusy, "another process is using this folder of jobs"},
		{store.ErrUsesBusy, "another process is reading which creatives use this job's images"},
		{registry.ErrBusy, "another process has been starting a job"},

		{&store.DamagedError{Err: odd}, "is damaged"},
		{&postgres.SchemaError{Version: 2, Needed: 1}, "of adferry's tables"},
		{&store.FormatError{}, "this version of adferry reads format"},
	} {
		row := slices.IndexFunc(errorCases, func(row errorCase) bool { return row.match(tt.err) })
		covered[row] = true
		if said := tt.err.Error() + strings.Join(hints(tt.err), ""); !strings.Contains(said, tt.words) {
			t.Errorf("%T says %q, not %q", tt.err, said, tt.words)
		}
		if code := exitCode(tt.err); !strings.Contains(sections[code], "`"+tt.words+"`") {
			t.Errorf("the section of exit code %d has no entry for %q", code, tt.words)
		}
	}
	for i := range errorCases {
		if !covered[i] {
			t.Errorf("row %d of the table of errors has no entry: add an error of it here, and its words to the document", i)
		}
	}
}
