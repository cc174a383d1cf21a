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

// A column is one that adferry knows; the others belong to the user.
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
	at    [columnCount]int // position of each of our columns, -1 if the header lacks it
	line  int
	raw   []byte // all its bytes without the byte order mark, with the line end
	bom   []byte
}

// columnSuggestion shows the header of a simple manifest.
const columnSuggestion = "put a line above it that names its columns in their order, such as operation,source_account,hash,target_account"

// readHeader reads up to the end of the header. It reports false if the columns are
// unknown, so that the rows cannot be read; then it has added a problem.
func readHeader(in *replayReader, ps *problems) (h header, ok bool, err error) {
	refuse := func(line int, what, hint string) (header, bool, error) {
		ps.add(Problem{Line: line, What: what, Hint: hint})
		return h, false, nil
	}
	if h.bom, err = skipBOM(in); err != nil {
		return h, false, err
	}
	if len(h.bom) == 2 {
		return refuse(1, "the file is UTF-16", "save it as CSV in UTF-8")
	}
	cr := csv.NewReader(bufio.NewReaderSize(in, bufferSize))
	names, err := cr.Read()
	parse := (*csv.ParseError)(nil)
	switch {
	case err == io.EOF:
		return refuse(1, "the file is empty", columnSuggestion)
	case errors.Is(err, errRecordTooLong):
		what, hint := otherKindProblem(string(in.held))
		if what == "" {
			what, hint = tooLongProblem(in.held)
		}
		return refuse(1, what, hint)
	case errors.As(err, &parse):
		what, hint := otherKindProblem(string(in.held))
		if what == "" {
			what, hint = separatorProblem(string(in.held))
		}
		if what == "" {
			what, hint = quotingProblem(parse)
		}
		return refuse(parse.Line, what, hint)
	case err != nil:
		return h, false, err
	}
	h.names = names
	h.line, _ = cr.FieldPos(0)
	end := int(cr.InputOffset())
	in.rewind(end)
	h.raw = in.take(end, nil)
	if what, hint := formatProblem(h); what != "" {
		return refuse(h.line, what, hint)
	}
	if !h.findColumns(ps) {
		return refuse(h.line, "not a header: it has none of the columns "+strings.Join(columnNames[:guardColumn], ", "),
			h.suggestion())
	}
	return h, true, nil
}

// suggestion is the hint for a header that has none of our columns.
func (h *header) suggestion() string {
	var aliases []string
	for c := range columnCount {
		if i := h.aliasOf(c); i >= 0 {
			aliases = append(aliases, fmt.Sprintf("%s for %s", c, quoteIfNeeded(clip(h.names[i]))))
			h.at[c] = i // so that it is not suggested for another column, too
		}
	}
	if aliases == nil {
		return columnSuggestion
	}
	return "did you mean " + strings.Join(aliases, ", ") + "? rename them"
}

// misreadBOMs are byte order marks that a program read in a code page: Windows-1252,
// 1251 and 1250, 437, Mac Roman; the last two are those of UTF-16.
var misreadBOMs = []string{"ï»¿", "п»ї", "ď»ż", "∩╗┐", "Ôªø", "ÿþ", "þÿ", `\ufeff`}

// hasMisreadBOM reports whether a column name starts with a misread byte order mark.
func hasMisreadBOM(name string) bool {
	return slices.ContainsFunc(misreadBOMs, func(mark string) bool {
		rest, found := strings.CutPrefix(strings.TrimSpace(name), mark)
		return found && rest != ""
	})
}

// findColumns finds the positions of our columns. A misspelt name is one problem: its
// column is then used as the one that was meant, so that not every row has a problem.
func (h *header) findColumns(ps *problems) (found bool) {
	for c := range h.at {
		h.at[c] = -1
	}
	for i, name := range h.names {
		for c, ours := range columnNames {
			if !strings.EqualFold(strings.TrimSpace(name), ours) {
				continue
			}
			if h.at[c] >= 0 {
				ps.add(Problem{Line: h.line, Column: name, What: "the column appears twice", Hint: "remove or rename one of them"})
				continue
			}
			h.at[c], found = i, true
		}
	}
	for i, name := range h.names {
		if isOurs(name) {
			continue
		}
		if c, yes := suggestColumn(name); yes {
			p := Problem{Line: h.line, Column: name, What: "no such column", Hint: fmt.Sprintf("did you mean %s? otherwise rename it", c)}
			if hasMisreadBOM(name) {
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

// columnAt is our column at position i, or -1.
func (h *header) columnAt(i int) int {
	for c, at := range h.at {
		if at == i {
			return c
		}
	}
	return -1
}

// name is our column c as the header spells it.
func (h *header) name(c column) string {
	if at := h.at[c]; at >= 0 {
		return strings.TrimSpace(h.names[at])
	}
	return c.String()
}

// canonical is the header for gocsv: our names for our columns and empty names for the
// user's, so that gocsv fills only our columns.
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
	return slices.ContainsFunc(columnNames[:], func(ours string) bool { return strings.EqualFold(strings.TrimSpace(name), ours) })
}
