package cleanup

import (
	"iter"

	"adferry/jobs/spill"
	"adferry/plan"
)

// deletions are the images that go, in a temporary file. Of an account that could not be
// listed to its end, none are read back.
type deletions struct{ *spill.File }

func (d deletions) add(a plan.Account, page []Selected) error {
	rows := make([]spill.Row, len(page))
	for i, image := range page {
		text, err := image.encode()
		if err != nil {
			return err
		}
		rows[i] = spill.Row{Hash: image.Hash, Text: text}
	}
	return d.Add(a, rows)
}

// images are those of the accounts, in their order and in that of the pages.
func (d deletions) images(accounts []plan.Account) iter.Seq2[Selected, error] {
	return func(yield func(Selected, error) bool) {
		for _, a := range accounts {
			for row, err := range d.Rows(a) {
				var image Selected
				if err == nil {
					image, err = decodeSelected(a, row)
				}
				if !yield(image, err) || err != nil {
					return
				}
			}
		}
	}
}
