package reports

import (
	"io"
	"iter"

	"adferry/plan"
)

// manifestHeader is the header of a manifest that is made of what ad accounts hold. The name
// is for the reader: a run carries it into results.csv like a column of the user's own.
var manifestHeader = []string{"operation", "source_account", "hash", "target_account", "name"}

// WriteManifest writes a manifest of what ad accounts hold, with the images' names made
// harmless, and returns the number of its rows. With guards it has the column
// plan.GuardColumn, too.
func WriteManifest(w io.Writer, rows iter.Seq2[plan.Line, error], guards bool) (n int, err error) {
	out := newCSVWriter(w)
	out.names(manifestHeader...)
	if guards {
		out.cell(plan.GuardColumn)
	}
	if err := out.end(); err != nil {
		return 0, err
	}
	for row, err := range rows {
		if err != nil {
			return n, err
		}
		out.cell(row.Verb.String())
		out.account(row.Source)
		out.cell(string(row.Hash))
		out.account(row.Target)
		out.foreign(row.Name)
		if guards {
			out.cell(row.Guard.String())
		}
		if err := out.end(); err != nil {
			return n, err
		}
		n++
	}
	return n, out.w.Flush()
}
