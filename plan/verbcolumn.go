package plan

import (
	"fmt"
	"strings"
)

// verbColumns watches, in a manifest without an operation column, the columns of
// the user's whose cells were all operations or empty so far. Where one of them
// still is at the end, it is most likely the operation column under a name that
// was not recognised (another language, an encoding read wrongly), and every move
// in it would be carried out as a copy.
type verbColumns struct {
	rows int
	left []verbColumn
}

type verbColumn struct {
	at    int
	verbs [len(verbs)]int // cells by operation
}

// watchVerbs begins with all columns of the user's, or with none where the header
// names an operation column.
func watchVerbs(h *header) (w verbColumns) {
	if h.at[operation] >= 0 {
		return w
	}
	for i := range h.names {
		if h.owner(i) < 0 {
			w.left = append(w.left, verbColumn{at: i})
		}
	}
	return w
}

// row looks into a row. In most manifests the first rows leave no column to watch.
func (w *verbColumns) row(raw []byte) {
	w.rows++
	if len(w.left) == 0 {
		return
	}
	kept := w.left[:0]
	for _, c := range w.left {
		word := strings.TrimSpace(strings.Trim(string(rawCell(raw, c.at)), `"`))
		if v := verbOf(word); v != VerbUnknown {
			c.verbs[v]++
		} else if word != "" {
			continue
		}
		kept = append(kept, c)
	}
	w.left = kept
}

// problems are the columns that are all operations, in two rows or more; one row
// alone, such as a single image whose name is "copy", is a warning.
func (w *verbColumns) problems(h *header) (bad, warnings []Problem) {
	for _, c := range w.left {
		var found []string
		for v := Copy; v <= Upload; v++ {
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

// rawCell is a cell of a record as it stands there, quotes included.
func rawCell(record []byte, at int) []byte {
	start, quoted := 0, false
	for i, b := range record {
		switch {
		case b == '"':
			quoted = !quoted
		case b != ',' || quoted:
		case at == 0:
			return record[start:i]
		default:
			at--
			start = i + 1
		}
	}
	if at > 0 {
		return nil
	}
	return record[start:]
}
