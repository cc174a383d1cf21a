package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// table aligns cells in columns two blanks apart: the given ones to the right, as
// numbers are, and the others to the left. (text/tabwriter aligns all to one side.)
type table struct {
	right []int
	rows  [][]string
}

func newTable(right ...int) *table { return &table{right: right} }

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write leaves errors to the writer, which keeps them.
func (t *table) write(w io.Writer) {
	widths := columnWidths(t.rows, 0)
	for _, row := range t.rows {
		fmt.Fprintln(w, alignRow(row, widths, t.right...))
	}
}

// columnWidths are the widths that cells need, in characters; with most > 0 no column
// is wider than that.
func columnWidths(rows [][]string, most int) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			n := utf8.RuneCountInString(cell)
			if most > 0 {
				n = min(n, most)
			}
			widths[i] = max(widths[i], n)
		}
	}
	return widths
}

// alignRow writes cells into columns. One that is wider than its column pushes the
// rest of the row aside.
func alignRow(cells []string, widths []int, right ...int) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		space := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
		if slices.Contains(right, i) {
			b.WriteString(space + cell)
		} else {
			b.WriteString(cell + space)
		}
	}
	return strings.TrimRight(b.String(), " ")
}
