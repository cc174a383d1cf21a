package reports

import (
	"encoding/json"
	"io"
	"slices"

	"adferry/plan"
)

// Listing writes images while they are read. Fields that the API left out are empty cells,
// or missing from an object.
type Listing struct {
	*records
	fields []string
}

// NewListing makes a listing of the named fields, of which hash need not be one:
// it is always there.
func NewListing(w io.Writer, f Format, fields []string) *Listing {
	fields = slices.DeleteFunc(slices.Clone(fields), func(name string) bool { return name == "hash" })
	return &Listing{newRecords(w, f, "source_account", append([]string{"hash"}, fields...), nil), fields}
}

// Image adds an image: object is its JSON as the API gave it.
func (l *Listing) Image(a plan.Account, h plan.Hash, object json.RawMessage) error {
	i, err := readImage(a, h, object)
	if err != nil {
		return err
	}
	return l.add(func() []string {
		cells := []string{a.Act(), string(h)}
		for _, name := range l.fields {
			cells = append(cells, i.text(name))
		}
		return cells
	}, func() []byte { return i.object(l.fields) })
}

// Page brings what was added to the reader.
func (l *Listing) Page() error { return l.page(false) }

// End ends the listing.
func (l *Listing) End() error { return l.end() }
