package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"unicode/utf8"
)

// broken adds the problem of a record that could not be read into cells.
func (c *checker) broken(r *record) {
	p := Problem{Line: r.line}
	parse := (*csv.ParseError)(nil)
	switch {
	case errors.Is(r.err, errRecordTooLong):
		p.What, p.Hint = tooLong(r.raw)
	case errors.Is(r.err, csv.ErrFieldCount):
		has, wants := len(r.located()), len(c.header.names)
		p.What = fmt.Sprintf("the row has %d cells, the header %d", has, wants)
		if has == 1 {
			p.What = fmt.Sprintf("the row has 1 cell, the header %d", wants)
		}
		p.Hint = "a cell is missing"
		if has > wants {
			p.Hint = "if a cell has a comma in it, put the cell in quotes"
		}
	case errors.As(r.err, &parse):
		p.What, p.Hint = quoting(parse)
	}
	if lost := (*lostError)(nil); errors.As(r.err, &lost) {
		p.Hint += "; the rows after it were not checked"
	}
	c.add(r, p)
}

// foreignText adds each cell that is not text.
func (c *checker) foreignText(r *record) {
	for i, cell := range r.located() {
		if goodText(cell.text) {
			continue
		}
		p := Problem{Line: cell.line, Column: c.header.names[i], Value: cell.text,
			What: "not UTF-8", Hint: "save the file as CSV in UTF-8"}
		if utf8.ValidString(cell.text) {
			p.What = "a NUL byte"
		}
		c.add(r, p)
	}
}

// tooLong words errRecordTooLong for what is held of the record.
func tooLong(held []byte) (what, hint string) {
	if emptyLines(held) >= len(held)-1 {
		return "more than 1 MiB of empty lines", "remove them"
	}
	return "the record is longer than 1 MiB", "look for a quote that is never closed"
}

// quoting words a csv.ParseError.
func quoting(e *csv.ParseError) (what, hint string) {
	if e.Err == csv.ErrBareQuote {
		return "a quote stands inside a cell that has none around it",
			`put the cell in quotes and double those inside: "the ""new"" one"`
	}
	return "a quoted cell is not closed, or goes on after its closing quote",
		`close it, and double the quotes inside: "the ""new"" one"`
}

func goodText[T string | []byte](s T) bool {
	b := []byte(s)
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}
