package reports

import (
	"bufio"
	"io"
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

// records writes what is read of ad accounts while it is read. A table keeps its first page,
// whose cells set the widths of the columns for all pages, unless the widths are given.
type records struct {
	format Format
	csv    *csvWriter    // CSV
	w      *bufio.Writer // the others
	widths []int         // table: of the columns, once known
	right  []int         // table: columns of numbers
	first  [][]string    // table: rows that come before the widths are
	array  jsonArray     // JSON
}

// newRecords writes records with an ad account in their first column, which account names in CSV.
func newRecords(w io.Writer, f Format, account string, others []string, widths []int, right ...int) *records {
	r := &records{format: f, widths: widths, right: right, w: bufio.NewWriterSize(w, 64<<10)}
	switch f {
	case FormatCSV:
		r.csv = newCSVWriter(w)
		r.csv.names(account)
		r.csv.names(others...)
		_ = r.csv.end() // an error stays with the buffer and comes up again
	case FormatJSON:
		r.w.WriteString("[")
		r.array = jsonArray{w: r.w, indent: "  "}
	case FormatTable:
		_ = r.table(append([]string{"ad account"}, others...))
	}
	return r
}

// add adds a record, in one of two forms: as cells that need not be harmless, or as JSON.
func (r *records) add(cells func() []string, object func() []byte) error {
	switch r.format {
	case FormatJSON:
		return r.array.addRaw(object())
	case FormatJSONL:
		_, err := r.w.Write(append(object(), '\n'))
		return err
	case FormatCSV:
		for _, cell := range cells() {
			r.csv.foreign(cell)
		}
		return r.csv.end()
	}
	row := cells()
	for i := range row {
		row[i] = OneLine(row[i])
	}
	return r.table(row)
}

func (r *records) table(row []string) error {
	if r.widths == nil {
		r.first = append(r.first, row)
		return nil
	}
	_, err := r.w.WriteString(alignRow(row, r.widths, r.right...) + "\n")
	return err
}

// widest is how far a column makes room for its cells; a longer one pushes the
// rest of its row aside.
const widest = 40

// page brings what was added to the reader; a page of a table has rows, unless it is the last.
func (r *records) page(last bool) error {
	if r.format == FormatCSV {
		return r.csv.w.Flush()
	}
	if rows := r.first; len(rows) > 1 || last && len(rows) > 0 {
		r.widths, r.first = columnWidths(rows, widest), nil
		for _, row := range rows {
			if err := r.table(row); err != nil {
				return err
			}
		}
	}
	return r.w.Flush()
}

// end ends the records.
func (r *records) end() error {
	if r.format == FormatJSON {
		if err := r.array.end(); err != nil {
			return err
		}
		r.w.WriteString("\n")
	}
	return r.page(true)
}
