package reports_test

import (
	"testing"

	"adferry/jobs"
	"adferry/reports"
)

// The last line of a run names a report only if it was written.
func TestEndLine(t *testing.T) {
	left, failed := jobs.Summary{Totals: jobs.Totals{Rows: 9, Failed: 2, Pending: 4, Done: 3}}, jobs.Summary{Totals: jobs.Totals{Rows: 9, Failed: 1, Done: 8}}
	for _, test := range []struct {
		summary jobs.Summary
		written bool
		want    string
	}{
		{left, true, "stopped early, 4 rows left, 2 failed; see m.job/report.html"},
		{left, false, "stopped early, 4 rows left, 2 failed; adferry status m.job shows them"},
		{failed, true, "1 row failed; see m.job/failed.csv"},
		{failed, false, "1 row failed; adferry status m.job shows them"},
	} {
		if got := reports.EndLine(test.summary, reports.Place{Folder: "m.job"}, test.written); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
