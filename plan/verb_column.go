package plan

import (
	"fmt"
	"strings"
)

// verbColumns finds an operation column under a name that was not recognised (in
// another language or a wrong encoding), with which every move in it would be carried
// out as a copy. In a manifest without an operation column, candidates are the user's
// columns whose cells were all operations or empty so far.
type verbColumns struct {
	rows       int
	candidates []verbColumn
	cells      []string // of the row; its memory is used again
}

type verbColumn struct {
	at    int
	verbs map[Verb]int // cells by operation
}

// newVerbColumns starts with all of the user's columns, or with none if the header has an
// operation column.
func newVerbColumns(h *header) (w verbColumns) {
	if h.at[operation] >= 0 {
		return w
	}
	for i := range h.names {
		if h.columnAt(i) < 0 {
			w.candidates = append(w.candidates, verbColumn{i, map[Verb]int{}})
		}
	}
	return w
}

// row drops the candidates that a row rules out. In most manifests the first rows leave
// none.
func (w *verbColumns) row(raw []byte) {
	w.rows++
	if len(w.candidates) == 0 {
		return
	}
	w.cells = RawCells(w.cells[:0], string(raw))
	kept := w.candidates[:0]
	for _, c := range w.candidates {
		word := ""
		if c.at < len(w.cells) {
			word = strings.TrimSpace(strings.Trim(w.cells[c.at], `"`))
		}
		if word != "" {
			var v Verb
			if v.UnmarshalText([]byte(word)) != nil {
				continue
			}
			c.verbs[v]++
		}
		kept = append(kept, c)
	}
	w.candidates = kept
}

// problems reports the candidates that are left after the last row. In a manifest of
// one row, which may be an image whose name is "copy", they are warnings.
func (w *verbColumns) problems(h *header) (bad, warnings []Problem) {
	for _, c := range w.candidates {
		var found []string
		for _, v := range verbs {
			if n := c.verbs[v]; n > 0 {
				found = append(found, fmt.Sprintf("%d %s", n, v))
			}
		}
		if found == nil {
			continue
		}
		p := Problem{Line: h.line, Column: h.names[c.at]}
		cells := "its cells are operations (" + strings.Join(found, ", ") + ")"
		if strings.TrimSpace(p.Column) == "" {
			cells = fmt.Sprintf("the cells of column %d, which has no name, are operations (%s)", c.at+1, strings.Join(found, ", "))
		}
		if w.rows == 1 {
			p.What, p.Hint = cells+", and the row is carried out as a copy", "if the cell says what to do, name the column operation"
			warnings = append(warnings, p)
			continue
		}
		p.What, p.Hint = cells+", and without an operation column every row is a copy", "name the column operation, or remove it"
		bad = append(bad, p)
	}
	return bad, warnings
}
