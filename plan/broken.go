package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// addBroken adds the problem of a record that could not be parsed.
func (c *checker) addBroken(r *record) {
	p := Problem{Line: r.line}
	parse := (*csv.ParseError)(nil)
	what, hint := paddingProblem(r.raw)
	switch {
	case what != "":
		p.What, p.Hint = what, hint
	case errors.Is(r.err, errRecordTooLong):
		p.What, p.Hint = tooLongProblem(r.raw)
	case errors.Is(r.err, csv.ErrFieldCount):
		has, wants := len(r.locatedCells()), len(c.header.names)
		p.What = fmt.Sprintf("the row has %d cells, the header %d", has, wants)
		if has == 1 {
			p.What = fmt.Sprintf("the row has 1 cell, the header %d", wants)
		}
		p.Hint = "if a cell has a comma in it, put the cell in quotes"
		if has < wants {
			var without []string
			for _, name := range c.header.names[has:] {
				if name != "" {
					without = append(without, quoteIfNeeded(name))
				}
			}
			p.Hint = "an empty cell needs its comma, too"
			if len(without) > 0 {
				p.Hint = fmt.Sprintf("nothing is left for %s; %s", clip(strings.Join(without, ", ")), p.Hint)
			}
		}
	case errors.As(r.err, &parse):
		p.What, p.Hint = quotingProblem(parse)
	}
	if lost := (*lostError)(nil); errors.As(r.err, &lost) {
		p.Hint += "; the rows after it were not checked"
	}
	c.add(r, p)
}

// addBadText adds a problem for each cell that is not UTF-8 or has a NUL byte.
func (c *checker) addBadText(r *record) {
	for i, cell := range r.locatedCells() {
		if validText(cell.text) {
			continue
		}
		p := Problem{Line: cell.line, Column: c.header.names[i], Value: cell.text,
			What: "not UTF-8", Hint: "save the file as CSV in UTF-8"}
		switch bare := strings.TrimRight(cell.text, "\x00"); {
		case len(cell.text)-len(bare) >= minPadding && validText(bare):
			p.Value, p.What, p.Hint = bare, "NUL bytes follow the value", truncatedHint
		case utf8.ValidString(cell.text):
			p.What = "a NUL byte"
		}
		c.add(r, p)
	}
}

// truncatedHint says what to do about a file that ends in NUL bytes: its last blocks
// were never written.
const truncatedHint = "the file is incomplete; copy or export it again"

// minPadding is the number of NUL bytes from which on they are taken for an end that was
// never written, and not for another program's error.
const minPadding = 8

// paddingProblem describes a record of nothing but NUL bytes or Ctrl-Z, which some
// programs and full disks leave at the end of a file.
func paddingProblem(raw []byte) (what, hint string) {
	switch {
	case len(bytes.Trim(raw, "\x00\x1a\r\n\t ")) > 0:
	case bytes.IndexByte(raw, ctrlZ) >= 0:
		return "a Ctrl-Z, the end-of-file mark of DOS", "remove it"
	case bytes.IndexByte(raw, 0) >= 0:
		return "NUL bytes in place of a row", truncatedHint
	}
	return "", ""
}

// ctrlZ is the end-of-file mark of DOS.
const ctrlZ = 0x1a

// tooLongProblem describes errRecordTooLong, given the start of the record.
func tooLongProblem(held []byte) (what, hint string) {
	if what, hint := paddingProblem(held); what != "" {
		return what, hint
	}
	if emptyLines(held) >= len(held)-1 {
		return "more than 1 MiB of empty lines", "remove them"
	}
	return "the record is longer than 1 MiB", "look for a quote that is never closed"
}

// quotingProblem describes a csv.ParseError.
func quotingProblem(e *csv.ParseError) (what, hint string) {
	if e.Err == csv.ErrBareQuote {
		return "a quote inside an unquoted cell",
			`put the cell in quotes and double the quotes inside: "the ""new"" one"`
	}
	return "a quoted cell is not closed, or has text after its closing quote",
		`close it, and double the quotes inside: "the ""new"" one"`
}

// validText reports whether s is UTF-8 without NUL bytes.
func validText[T string | []byte](s T) bool {
	b := []byte(s)
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
}
