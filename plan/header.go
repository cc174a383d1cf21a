package plan

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A column is one of ours.
type column uint8

const (
	operation column = iota
	sourceAccount
	hashColumn
	targetAccount
	fileColumn
	guardColumn
	columnCount
)

var columnNames = [columnCount]string{"operation", "source_account", "hash", "target_account", "file", GuardColumn}

func (c column) String() string { return columnNames[c] }

// A header is the manifest's first record.
type header struct {
	names []string         // as in the file
	at    [columnCount]int // position of each of ours, -1 where there is none
	line  int
	raw   []byte // all bytes up to its end, save the byte order mark
	bom   []byte
}

// columnSuggestion is what the header of a simple manifest looks like.
const columnSuggestion = "start the file with source_account,hash,target_account"

// readHeader reads up to the end of the header and leaves the tape there. Where
// it adds problems and reports false, the columns are unknown and the rows cannot
// be read.
func readHeader(t *tape, ps *problems) (h header, ok bool, err error) {
	refuse := func(line int, what, hint string) (header, bool, error) {
		ps.add(Problem{Line: line, What: what, Hint: hint})
		return h, false, nil
	}
	if h.bom, err = skipBOM(t); err != nil {
		return h, false, err
	}
	if len(h.bom) == 2 {
		return refuse(1, "the file is UTF-16", "save it as CSV in UTF-8")
	}
	cr := csv.NewReader(bufio.NewReaderSize(t, bufferSize))
	names, err := cr.Read()
	parse := (*csv.ParseError)(nil)
	switch {
	case err == io.EOF:
		return refuse(1, "the file is empty", columnSuggestion)
	case errors.Is(err, errRecordTooLong):
		what, hint := otherKind(string(t.held))
		if what == "" {
			what, hint = tooLong(t.held)
		}
		return refuse(1, what, hint)
	case errors.As(err, &parse):
		what, hint := otherKind(string(t.held))
		if what == "" {
			what, hint = separator(string(t.held))
		}
		if what == "" {
			what, hint = quoting(parse)
		}
		return refuse(parse.Line, what, hint)
	case err != nil:
		return h, false, err
	}
	h.names = names
	h.line, _ = cr.FieldPos(0)
	end := int(cr.InputOffset())
	t.rewind(end)
	h.raw = t.cut(end, nil)
	if what, hint := foreignFormat(h); what != "" {
		return refuse(h.line, what, hint)
	}
	if !h.place(ps) {
		return refuse(h.line, "this is not a header: it names none of the columns "+strings.Join(columnNames[:guardColumn], ", "),
			h.suggestion())
	}
	return h, true, nil
}

// suggestion says what a header without any of our columns may have meant.
func (h *header) suggestion() string {
	var meant []string
	for c := range columnCount {
		if i := h.meant(c); i >= 0 {
			meant = append(meant, fmt.Sprintf("%s for %s", c, plain(clip(h.names[i]))))
			h.at[c] = i // a column stands for one of ours alone
		}
	}
	if meant == nil {
		return columnSuggestion
	}
	return "did you mean " + strings.Join(meant, ", ") + "? rename them"
}

// misread are what programs make of a byte order mark that they read in a code
// page: Windows-1252, 1251 and 1250, 437, Mac Roman; the last two are UTF-16's.
var misread = []string{"ï»¿", "п»ї", "ď»ż", "∩╗┐", "Ôªø", "ÿþ", "þÿ", `\ufeff`}

// markBefore reports whether a misread byte order mark stands before a name.
func markBefore(name string) bool {
	return slices.ContainsFunc(misread, func(mark string) bool {
		rest, found := strings.CutPrefix(strings.TrimSpace(name), mark)
		return found && rest != ""
	})
}

// place finds our columns. A near miss is reported, and its column then taken for
// the one that was meant, so that it does not raise a problem for each row.
func (h *header) place(ps *problems) (found bool) {
	for c := range h.at {
		h.at[c] = -1
	}
	for i, name := range h.names {
		for c, ours := range columnNames {
			if !strings.EqualFold(strings.TrimSpace(name), ours) {
				continue
			}
			if h.at[c] >= 0 {
				ps.add(Problem{Line: h.line, Column: name, What: "the column is there twice", Hint: "remove or rename one of them"})
				continue
			}
			h.at[c], found = i, true
		}
	}
	for i, name := range h.names {
		if h.owner(i) >= 0 || isOurs(name) {
			continue
		}
		if c, yes := near(name); yes {
			p := Problem{Line: h.line, Column: name, What: "no such column", Hint: fmt.Sprintf("did you mean %s? otherwise rename it", c)}
			if markBefore(name) {
				p.What = "a byte order mark was read as text before the name"
				p.Hint = fmt.Sprintf("did you mean %s? save the file as CSV in UTF-8", c)
			}
			ps.add(p)
			if h.at[c] < 0 {
				h.at[c], found = i, true
			}
		}
	}
	return found
}

// owner is the column of ours at position i, or -1.
func (h *header) owner(i int) int {
	for c, at := range h.at {
		if at == i {
			return c
		}
	}
	return -1
}

// name is a column of ours as the header spells it.
func (h *header) name(c column) string {
	if at := h.at[c]; at >= 0 {
		return strings.TrimSpace(h.names[at])
	}
	return c.String()
}

// canonical is a header for gocsv: our names where our columns are, nothing where
// the user's are, so that it fills only what is ours.
func (h *header) canonical() []byte {
	names := make([]string, len(h.names))
	for c, at := range h.at {
		if at >= 0 {
			names[at] = columnNames[c]
		}
	}
	return []byte(strings.Join(names, ",") + "\n")
}

func isOurs(name string) bool {
	for _, ours := range columnNames {
		if strings.EqualFold(strings.TrimSpace(name), ours) {
			return true
		}
	}
	return false
}
