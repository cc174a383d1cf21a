package reports

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"adferry/jobs"
)

// The jobs of a database.

// Submitted says that a job was made, and how it is run.
func Submitted(p Place, rows int) string {
	return fmt.Sprintf("%s is in the database, with %s; to run it: %s, or adferry worker", p, Counted(rows, "row", "rows"), p.Command("resume"))
}

// Removed says that a job is no longer in the database.
func Removed(p Place) string { return p.String() + " was removed from the database" }

// Migrated says of which version the tables of a database are now.
func Migrated(before, now int) string {
	switch {
	case now == 0:
		return "the database has no tables of adferry any more"
	case before == now:
		return fmt.Sprintf("the tables of the database have been of version %d already", now)
	}
	return fmt.Sprintf("the tables of the database are of version %d now", now)
}

// DatabaseLost says that a run waits for its database.
func DatabaseLost(err error) string {
	return OneLine(err.Error() + "; nothing is sent until the job can be opened there again")
}

// jobsDocument is what jobs --json prints.
type jobsDocument struct {
	Version int                `json:"version"`
	Jobs    []jobLine          `json:"jobs"`
	Workers []jobs.WorkerState `json:"workers"`
}

type jobLine struct {
	Job        string        `json:"job"`
	State      jobs.JobState `json:"state"`
	Totals     jobs.Totals   `json:"totals"`
	StartedAt  *time.Time    `json:"started_at"`
	FinishedAt *time.Time    `json:"finished_at"`
	ExitCode   *int          `json:"exit_code"`
	Stop       string        `json:"stop,omitempty"`
	Workers    *int          `json:"workers,omitempty"`
}

// WriteJobs tells how far jobs are, and which workers there are, as tables or as a document for
// scripts.
func WriteJobs(w io.Writer, all []jobs.Summary, workers []jobs.WorkerState, asJSON bool, width int) error {
	if asJSON {
		document := jobsDocument{Version: 1, Jobs: []jobLine{}, Workers: workers}
		for _, s := range all {
			document.Jobs = append(document.Jobs, jobLine{s.Job, s.State, s.Totals, s.StartedAt, s.FinishedAt, s.ExitCode, s.Stop, holdersOrNil(s)})
		}
		return writeJSON(w, document)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "the database has no jobs; to make one: adferry submit MANIFEST --job NAME")
		return err
	}
	t := newTable(2, 3, 4, 5)
	t.add("job", "state", "rows", "done", "failed", "left", "finished")
	for _, s := range all {
		finished := ""
		if s.FinishedAt != nil {
			finished = Clock(*s.FinishedAt)
		}
		t.add(OneLine(s.Job), string(s.State), count(s.Totals.Rows), count(s.Totals.Done+s.Totals.Skipped), count(s.Totals.Failed), count(s.Totals.Pending+s.Totals.Unknown), finished)
	}
	t.fit(TextOptions{Width: width}.width(), 2).write(w)
	if len(workers) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	workersTable(workers, all, time.Now()).fit(TextOptions{Width: width}.width(), 2).write(w)
	for _, s := range all {
		if len(s.Lanes) > 0 && holders(s) == 0 {
			fmt.Fprintln(w, OneLine("no worker works on "+s.Job+": "+cmp.Or(s.Lanes[0].Waits, "adferry status --job "+Quote(s.Job)+" shows how far it is")))
		}
	}
	return nil
}

// holdersOrNil is how many workers have ad accounts of a job; nil if no worker is to have any.
func holdersOrNil(s jobs.Summary) *int {
	if len(s.Lanes) == 0 {
		return nil
	}
	n := holders(s)
	return &n
}
