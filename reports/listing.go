package reports

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"adferry/plan"
)

// Format is the form in which images are listed.
type Format uint8

// The formats, by their words.
const (
	FormatUnknown Format = iota
	FormatTable          // aligned columns for people
	FormatCSV            // with source_account and hash first: columns of a manifest
	FormatJSON           // one array
	FormatJSONL          // an object on each line
)

var formatNames = [...]string{"unknown", "table", "csv", "json", "jsonl"}

func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return formatNames[0]
}

// MarshalText writes a format's word.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a format's word.
func (f *Format) UnmarshalText(b []byte) error {
	for i, name := range formatNames {
		if i > 0 && name == string(b) {
			*f = Format(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", b, strings.Join(formatNames[1:], ", "))
}

// Listing writes images while they are read; it keeps none but the first page of
// a table, whose widths it takes for all. Fields that the API left out are empty
// cells, or missing from an object.
type Listing struct {
	format Format
	fields []string
	table  *table        // CSV
	w      *bufio.Writer // the others
	widths []int         // table: of the columns, once known
	first  [][]string    // table: rows that come before the widths are
	any    bool          // JSON: an object was written
}

// NewListing makes a listing of the named fields, of which hash need not be one:
// it always comes.
func NewListing(w io.Writer, f Format, fields []string) *Listing {
	l := &Listing{format: f}
	for _, name := range fields {
		if name != "hash" {
			l.fields = append(l.fields, name)
		}
	}
	if f == FormatCSV {
		l.table = newTable(w)
		for _, name := range append([]string{"source_account", "hash"}, l.fields...) {
			l.table.cell(name)
		}
		_ = l.table.end() // an error stays with the buffer and comes up again
		return l
	}
	l.w = bufio.NewWriterSize(w, 64<<10)
	if f == FormatJSON {
		l.w.WriteString("[")
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
		l.table.account(a)
		l.table.foreign(string(h))
		for _, name := range l.fields {
			l.table.foreign(i.text(name))
		}
		return l.table.end()
	case FormatJSON:
		if l.any {
			l.w.WriteString(",")
		}
		l.any = true
		l.w.WriteString("\n  ")
		_, err = l.w.Write(i.object(l.fields))
		return err
	case FormatJSONL:
		_, err = l.w.Write(append(i.object(l.fields), '\n'))
		return err
	}
	cells := []string{a.Act(), oneLine(string(h))}
	for _, name := range l.fields {
		cells = append(cells, oneLine(i.text(name)))
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
		return l.table.w.Flush()
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
		l.w.WriteString("\n]\n")
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
	l.widths, l.first = make([]int, len(l.fields)+2), nil
	for _, cells := range rows {
		for c, s := range cells {
			l.widths[c] = max(l.widths[c], min(utf8.RuneCountInString(s), widest))
		}
	}
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
	var b strings.Builder
	for c, s := range cells {
		b.WriteString(s)
		if c < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", 2+max(0, l.widths[c]-utf8.RuneCountInString(s))))
		}
	}
	_, err := l.w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	return err
}
