package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
)

// A blankRun is rows on end that name no image: wholly empty, or with cells of the
// user's, an operation or a target alone, as formulas and fill handles leave them
// below a table. What could be said of each is said once of all of them.
type blankRun struct {
	first record // its own copy
	empty bool   // wholly
	rows  int
	last  int // line
}

// blankRow takes a row that names no image off the checker, and reports whether
// it was one.
func (c *checker) blankRow(r *record) bool {
	nameless := r.err == nil && namesNoImage(r.scanned.cells)
	empty := (nameless || errors.Is(r.err, csv.ErrFieldCount)) && emptyRow(r.raw)
	if !empty && !nameless {
		c.endBlanks()
		return false
	}
	if c.blank.rows > 0 && c.blank.empty != empty {
		c.endBlanks()
	}
	if c.blank.rows == 0 {
		s := *r.scanned
		c.blank = blankRun{first: record{scanned: &s, raw: slices.Clone(r.raw), clean: r.clean}, empty: empty}
	}
	c.blank.rows++
	c.blank.last = r.line
	return true
}

// endBlanks says what is wrong with the rows of a run, now that others follow or
// the file ends.
func (c *checker) endBlanks() {
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
		p.What, p.Hint = fmt.Sprintf("this row and all up to line %d, %d rows, are empty", run.last, run.rows), "remove them"
	default:
		p.What = fmt.Sprintf("this row and all up to line %d, %d rows, name no image", run.last, run.rows)
		p.Hint = "remove them, or fill in what their operation needs"
	}
	c.add(&run.first, p)
}

// atEnd drops wholly empty rows at the end of the file, which many spreadsheets
// write below a table.
func (c *checker) atEnd() {
	if c.blank.empty {
		c.blank = blankRun{}
	}
	c.endBlanks()
}

func namesNoImage(c *cells) bool { return blank(c.Source) && blank(c.Hash) && blank(c.File) }

// emptyRow reports whether a record has nothing but separators, quotes and blanks.
func emptyRow(raw []byte) bool { return len(bytes.Trim(raw, `,"; `+"\t\r\n")) == 0 }
