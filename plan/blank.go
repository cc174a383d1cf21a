package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
)

// A blankRun is a run of consecutive rows that name no image: they are empty, or hold
// only an operation, a target or cells of the user's columns, as formulas and fill
// handles leave them below a table. The run is reported as one problem.
type blankRun struct {
	first record // a copy, because the scanner reuses its batches
	empty bool   // every cell of every row is empty
	rows  int
	last  int // line of its last row
}

// holdBlank adds a row that names no image to the current run, and reports whether
// the row is one. Any other row ends the run.
func (c *checker) holdBlank(r *record) bool {
	nameless := r.err == nil && namesNoImage(r.parsedRecord.cells)
	empty := (nameless || errors.Is(r.err, csv.ErrFieldCount)) && emptyRow(r.raw)
	if !empty && !nameless {
		c.reportBlanks()
		return false
	}
	if c.blank.rows > 0 && c.blank.empty != empty {
		c.reportBlanks()
	}
	if c.blank.rows == 0 {
		s := *r.parsedRecord
		c.blank = blankRun{first: record{parsedRecord: &s, raw: slices.Clone(r.raw), validText: r.validText}, empty: empty}
	}
	c.blank.rows++
	c.blank.last = r.line
	return true
}

// reportBlanks ends the current run and adds its problem.
func (c *checker) reportBlanks() {
	if c.blank.rows == 0 {
		return
	}
	run := c.blank
	c.blank = blankRun{}
	p := Problem{Line: run.first.line}
	switch {
	case run.rows == 1 && run.empty:
		p.What, p.Hint = "all cells are empty", "remove the row"
	case run.rows == 1:
		var f fields
		c.row(&run.first, &f)
		return
	case run.empty:
		p.What, p.Hint = fmt.Sprintf("the rows from here to line %d (%d rows) are empty", run.last, run.rows), "remove them"
	default:
		p.What = fmt.Sprintf("the rows from here to line %d (%d rows) name no image", run.last, run.rows)
		p.Hint = "remove them, or fill in what their operation needs"
	}
	c.add(&run.first, p)
}

// dropTrailingBlanks forgets empty rows at the end of the file, which many spreadsheets
// write below a table. It reports other rows that name no image.
func (c *checker) dropTrailingBlanks() {
	if c.blank.empty {
		c.blank = blankRun{}
	}
	c.reportBlanks()
}

func namesNoImage(c *cells) bool { return blank(c.Source) && blank(c.Hash) && blank(c.File) }

// emptyRow reports whether a record has nothing but separators, quotes and blanks.
func emptyRow(raw []byte) bool { return len(bytes.Trim(raw, `,"; `+"\t\r\n")) == 0 }
