package cleanup

import (
	"iter"

	"adferry/jobs/spill"
	"adferry/plan"
)

// deletions are the manifest's rows in a temporary file, each with its note. Of an
// account that could not be listed to its end, none are read back.
type deletions struct{ *spill.File }

func (d deletions) add(a plan.Account, page []plan.Line) error {
	rows := make([]spill.Row, len(page))
	for i, line := range page {
		rows[i] = spill.Row{Hash: line.Hash, Text: line.Note}
	}
	return d.Add(a, rows)
}

// lines are the rows of the accounts, in their order and in that of the pages.
func (d deletions) lines(accounts []plan.Account) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		for _, a := range accounts {
			for row, err := range d.Rows(a) {
				if !yield(plan.Line{Verb: plan.Delete, Source: a, Hash: row.Hash, Note: row.Text}, err) || err != nil {
					return
				}
			}
		}
	}
}
