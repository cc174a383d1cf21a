package reports

import (
	"io"
	"path/filepath"

	"adferry/jobs"
)

// resultColumns come before the user's own in results.csv.
var resultColumns = []string{
	"row", "operation", "source_account", "hash", "target_account", "status", "reason", "target_hash", "attempts",
	"error_code", "error_subcode", "error_message", "fbtrace_id", "started_at", "finished_at",
}

type resultsCSV struct {
	*csvWriter
	user []int // positions in the manifest
}

func newResultsCSV(w io.Writer, l layout) resultsCSV { return resultsCSV{newCSVWriter(w), l.user} }

// header writes the column names. The buffer keeps an error and returns it when it is
// flushed, at the latest.
func (r resultsCSV) header(manifest []string) {
	r.names(resultColumns...)
	for _, i := range r.user {
		r.cell(manifest[i])
	}
	_ = r.end()
}

func (r resultsCSV) row(row jobs.Result, cells []string) error {
	r.number(row.Line)
	r.word(row.Verb.String())
	r.account(row.Source)
	r.word(string(row.Hash))
	r.account(row.Target)
	r.word(string(row.Status))
	r.word(string(row.Reason))
	r.foreign(string(row.TargetHash))
	r.number(row.Attempts)
	r.code(row.Code)
	r.code(row.Subcode)
	r.foreign(row.Message)
	r.foreign(row.TraceID)
	r.time(row.Started)
	r.time(row.Finished)
	for _, i := range r.user {
		r.raw(cells[i])
	}
	return r.end()
}

type failedCSV struct {
	*csvWriter
	layout
	moved func(string) string // names a file as seen from where failed.csv lies
}

func newFailedCSV(w io.Writer, l layout, moved func(string) string) failedCSV {
	return failedCSV{newCSVWriter(w), l, moved}
}

// moved names the files of uploads, which are relative to one folder, as a
// manifest in another has to name them.
func moved(from, to string) func(string) string {
	abs, err := filepath.Abs(to)
	if err != nil || from == "" {
		return func(file string) string { return file }
	}
	return func(file string) string {
		rel, err := filepath.Rel(abs, filepath.Join(from, filepath.FromSlash(file)))
		if err != nil { // on another drive
			return file
		}
		return filepath.ToSlash(rel)
	}
}

func (f failedCSV) header(manifest []string) {
	for _, i := range f.whole {
		f.cell(manifest[i])
	}
	f.names(failureColumns...)
	_ = f.end()
}

func (f failedCSV) row(row jobs.Result, cells []string) error {
	for _, i := range f.whole {
		switch {
		case i == f.file && row.File != "":
			f.cell(f.moved(row.File))
		case i == f.source && row.Source != "":
			f.account(row.Source)
		case i == f.target && row.Target != "":
			f.account(row.Target)
		default:
			f.raw(cells[i])
		}
	}
	f.cell(string(row.Reason))
	f.code(row.Code)
	f.code(row.Subcode)
	f.foreign(row.Message)
	f.foreign(row.TraceID)
	return f.end()
}

type mappingCSV struct{ *csvWriter }

func (m mappingCSV) header() {
	m.names(mappingColumns...)
	_ = m.end()
}

func (m mappingCSV) row(row jobs.Mapping) error {
	m.account(row.Source)
	m.word(string(row.SourceHash))
	m.account(row.Target)
	m.foreign(string(row.TargetHash))
	return m.end()
}
