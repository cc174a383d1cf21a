package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// broken adds the problem of a record that could not be read into cells.
func (c *checker) broken(r *record) {
	p := Problem{Line: r.line}
	parse := (*csv.ParseError)(nil)
	what, hint := padding(r.raw)
	switch {
	case what != "":
		p.What, p.Hint = what, hint
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
		switch bare := strings.TrimRight(cell.text, "\x00"); {
		case len(cell.text)-len(bare) >= padded && goodText(bare):
			p.Value, p.What, p.Hint = bare, "NUL bytes follow the value", notWritten
		case utf8.ValidString(cell.text):
			p.What = "a NUL byte"
		}
		c.add(r, p)
	}
}

// notWritten is what to do about a file whose end was never written, so that the
// disk shows NUL bytes there.
const notWritten = "the file was not written to its end; copy or export it again"

// padded is from how many NUL bytes on they are an end that was not written, and
// not a slip of another program.
const padded = 8

// padding words a record that is nothing but what some programs and full disks
// leave at the end of a file.
func padding(raw []byte) (what, hint string) {
	switch {
	case len(bytes.Trim(raw, "\x00\x1a\r\n\t ")) > 0:
	case bytes.IndexByte(raw, endOfFile) >= 0:
		return "a Ctrl-Z, with which DOS marks the end of a file", "remove it"
	case bytes.IndexByte(raw, 0) >= 0:
		return "NUL bytes in place of a row", notWritten
	}
	return "", ""
}

// endOfFile is Ctrl-Z.
const endOfFile = 0x1a

// tooLong words errRecordTooLong for what is held of the record.
func tooLong(held []byte) (what, hint string) {
	if what, hint := padding(held); what != "" {
		return what, hint
	}
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
