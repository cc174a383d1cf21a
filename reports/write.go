package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"adferry/jobs"
	"adferry/plan"
)

// Source is what a checkpoint tells the reports.
type Source interface {
	Summary(ctx context.Context) (jobs.Summary, error)
	// Header is the manifest's first record.
	Header(ctx context.Context) ([]string, error)
	// Results are all rows in manifest order.
	Results(ctx context.Context) iter.Seq2[jobs.Result, error]
	// Files is the folder that the files of uploads are relative to.
	Files(ctx context.Context) (string, error)
	// History is how the job went, oldest first.
	History(ctx context.Context) ([]jobs.Sample, []jobs.Park, error)
}

// summaryName is the file that holds the summary document.
const summaryName = "summary.json"

// The other files that Write makes.
const (
	mappingName = "mapping.csv"
	resultsName = "results.csv"
	failedName  = "failed.csv"
	pageName    = "report.html"
)

// Write makes the five report files in the place's folder anew, in memory that does not grow
// with the number of rows. After an error the files there are the previous ones, unless the
// error came from a rename: then some may be new.
func Write(ctx context.Context, place Place, src Source) error {
	if err := write(ctx, place, src); err != nil {
		return fmt.Errorf("write reports: %w", err)
	}
	return nil
}

func write(ctx context.Context, place Place, src Source) error {
	summary, err := src.Summary(ctx)
	if err != nil {
		return err
	}
	header, err := src.Header(ctx)
	if err != nil {
		return err
	}
	samples, parks, err := src.History(ctx)
	if err != nil {
		return err
	}
	set, err := newAtomicSet(place.Folder, Names()...)
	if err != nil {
		return err
	}
	defer set.discard()
	if err := WriteSummary(set.files[summaryName], summary); err != nil {
		return err
	}
	files, err := src.Files(ctx)
	if err != nil {
		return err
	}
	layout := layoutOf(header)
	out := rowFiles{
		newResultsCSV(set.files[resultsName], layout),
		newFailedCSV(set.files[failedName], layout, moved(files, place.Folder)),
		mappingCSV{newCSVWriter(set.files[mappingName])},
	}
	found := newFailures()
	totals, err := writeRows(ctx, out, found, header, src.Results(ctx))
	if err != nil {
		return err
	}
	if err := checkTotals(ctx, src, summary, totals); err != nil {
		return err
	}
	if err := writePage(set.files[pageName], newPage(place, summary, found, samples, parks)); err != nil {
		return err
	}
	return set.commit()
}

// checkTotals checks that the summary's totals, which the exit code follows from, are those of the
// rows. A job that a process has, or had meanwhile, may have moved on between the two.
func checkTotals(ctx context.Context, src Source, before jobs.Summary, rows jobs.Totals) error {
	if before.Totals == rows || before.State.Held() {
		return nil
	}
	after, err := src.Summary(ctx)
	if err != nil || after.State.Held() || after.Totals != before.Totals {
		return err
	}
	return fmt.Errorf("the job counts %d rows settled and %d failed, but %d are settled and %d failed: job.db was edited; restore it from a copy, or run the manifest anew with another --job: what is done already is found and skipped",
		before.Totals.Settled(), before.Totals.Failed, rows.Settled(), rows.Failed)
}

// rowFiles are the files that have rows of the manifest.
type rowFiles struct {
	results resultsCSV
	failed  failedCSV
	mapping mappingCSV
}

// writeRows makes everything that needs the rows in one pass over them, and counts them.
func writeRows(ctx context.Context, out rowFiles, found *failures, header []string, rows iter.Seq2[jobs.Result, error]) (totals jobs.Totals, err error) {
	out.results.header(header)
	out.failed.header(header)
	out.mapping.header()
	var cells []string
	n := 0
	for row, err := range rows {
		if err != nil {
			return totals, err
		}
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return totals, ctx.Err()
		}
		cells = plan.RawCells(cells[:0], row.Record)
		if len(cells) != len(header) {
			return totals, fmt.Errorf("row %d has %d cells, and the header has %d: the job file does not hold the manifest that it was made from",
				row.Line, len(cells), len(header))
		}
		found.add(row)
		totals.Add(row.Status, 1)
		if err := out.results.row(row, cells); err != nil {
			return totals, err
		}
		if row.Status == jobs.StatusFailed {
			if err := out.failed.row(row, cells); err != nil {
				return totals, err
			}
		}
		if row.Mapped {
			if err := out.mapping.row(row.Mapping()); err != nil {
				return totals, err
			}
		}
	}
	for _, file := range []*csvWriter{out.results.csvWriter, out.failed.csvWriter, out.mapping.csvWriter} {
		if err := file.w.Flush(); err != nil {
			return totals, err
		}
	}
	return totals, nil
}

// WriteSummary writes the document of summary.json and of status --json.
func WriteSummary(w io.Writer, s jobs.Summary) error {
	// A reader may expect objects where a fresh job has none yet.
	if s.Operations == nil {
		s.Operations = map[string]jobs.Totals{}
	}
	if s.Reasons == nil {
		s.Reasons = map[jobs.Reason]int{}
	}
	if s.Accounts == nil {
		s.Accounts = map[plan.Account]jobs.AccountSummary{}
	}
	return writeJSON(w, struct {
		jobs.Summary
		Form string `json:"reports_form"`
	}{s, form})
}

// writeJSON writes a document for scripts.
func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(document)
}
