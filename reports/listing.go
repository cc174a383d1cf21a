package reports

import (
	"bufio"
	"encoding/json"
	"io"

	"adferry/plan"
)

// Format is the form in which images are listed.
type Format string

// The formats, by their words.
const (
	FormatTable Format = "table" // aligned columns for people
	FormatCSV   Format = "csv"   // with source_account and hash first: columns of a manifest
	FormatJSON  Format = "json"  // one array
	FormatJSONL Format = "jsonl" // an object on each line
	FormatHTML  Format = "html"  // a page of pictures: see PictureList
)

// Listing writes images while they are read. Of a table it keeps the first page, whose
// columns set the widths for all pages. Fields that the API left out are empty cells,
// or missing from an object.
type Listing struct {
	format Format
	fields []string
	csv    *csvWriter    // CSV
	w      *bufio.Writer // the others
	widths []int         // table: of the columns, once known
	first  [][]string    // table: rows that come before the widths are
	array  jsonArray     // JSON
}

// NewListing makes a listing of the named fields, of which hash need not be one:
// it is always there.
func NewListing(w io.Writer, f Format, fields []string) *Listing {
	l := &Listing{format: f}
	for _, name := range fields {
		if name != "hash" {
			l.fields = append(l.fields, name)
		}
	}
	if f == FormatCSV {
		l.csv = newCSVWriter(w)
		l.csv.names("source_account", "hash")
		l.csv.names(l.fields...)
		_ = l.csv.end() // an error stays with the buffer and comes up again
		return l
	}
	l.w = bufio.NewWriterSize(w, 64<<10)
	if f == FormatJSON {
		l.w.WriteString("[")
		l.array = jsonArray{w: l.w, indent: "  "}
	}
	return l
}

// Image adds an image: object is its JSON as the API gave it.
func (l *Listing) Image(a plan.Account, h plan.Hash, object json.RawMessage) error {
	i, err := readImage(a, h, object)
	if err != nil {
		return err
	}
	switch l.format {
	case FormatCSV:
		l.csv.account(a)
		l.csv.foreign(string(h))
		for _, name := range l.fields {
			l.csv.foreign(i.text(name))
		}
		return l.csv.end()
	case FormatJSON:
		return l.array.addRaw(i.object(l.fields))
	case FormatJSONL:
		_, err = l.w.Write(append(i.object(l.fields), '\n'))
		return err
	}
	cells := []string{a.Act(), OneLine(string(h))}
	for _, name := range l.fields {
		cells = append(cells, OneLine(i.text(name)))
	}
	if l.widths == nil {
		l.first = append(l.first, cells)
		return nil
	}
	return l.row(cells)
}

// Page brings what was added to the reader.
func (l *Listing) Page() error {
	if l.format == FormatCSV {
		return l.csv.w.Flush()
	}
	if l.format == FormatTable && l.widths == nil && len(l.first) > 0 {
		if err := l.align(); err != nil {
			return err
		}
	}
	return l.w.Flush()
}

// End ends the listing.
func (l *Listing) End() error {
	switch l.format {
	case FormatJSON:
		if err := l.array.end(); err != nil {
			return err
		}
		l.w.WriteString("\n")
	case FormatTable:
		if l.widths == nil {
			if err := l.align(); err != nil {
				return err
			}
		}
	}
	return l.Page()
}

// align takes the widths of the columns from the first rows, and writes these.
func (l *Listing) align() error {
	rows := append([][]string{append([]string{"ad account", "hash"}, l.fields...)}, l.first...)
	l.widths, l.first = columnWidths(rows, widest), nil
	for _, cells := range rows {
		if err := l.row(cells); err != nil {
			return err
		}
	}
	return nil
}

// widest is how far a column makes room for its cells; a longer one pushes the
// rest of its row aside.
const widest = 40

func (l *Listing) row(cells []string) error {
	_, err := l.w.WriteString(alignRow(cells, l.widths) + "\n")
	return err
}
