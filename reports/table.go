package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
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

// fit makes the table as wide as that, in characters, if it can: first it leaves out last
// columns, but keeps the given number of them, and then it wraps the last one if that is text.
func (t *table) fit(width, keep int) *table {
	widths := columnWidths(t.rows, 0)
	for len(widths) > keep && tableWidth(widths) > width {
		for i, row := range t.rows {
			t.rows[i] = row[:min(len(row), len(widths)-1)]
		}
		widths = columnWidths(t.rows, 0)
	}
	last := len(widths) - 1
	if tableWidth(widths) <= width || slices.Contains(t.right, last) {
		return t
	}
	room := max(width-tableWidth(widths)+widths[last], leastWrapped)
	var rows [][]string
	for _, row := range t.rows {
		if len(row) <= last {
			rows = append(rows, row)
			continue
		}
		for i, line := range strings.Split(wrap(row[last], room), "\n") {
			cells := make([]string, last)
			if i == 0 {
				copy(cells, row)
			}
			rows = append(rows, append(cells, line))
		}
	}
	t.rows = rows
	return t
}

// splitHeads breaks the headings of two words, which stand in the first row, into two lines if the
// table is wider than that.
func (t *table) splitHeads(width int) *table {
	if tableWidth(columnWidths(t.rows, 0)) <= width {
		return t
	}
	first, second := make([]string, len(t.rows[0])), make([]string, len(t.rows[0]))
	for i, head := range t.rows[0] {
		if i == 0 { // its column is wide anyway
			second[i] = head
			continue
		}
		above, below, two := strings.Cut(head, " ")
		if !two {
			above, below = "", above
		}
		first[i], second[i] = above, below
	}
	t.rows = append([][]string{first, second}, t.rows[1:]...)
	return t
}

// leastWrapped is the width of the narrowest wrapped column.
const leastWrapped = 16

// wrap breaks a text into lines of that many characters, between words.
func wrap(text string, width int) string {
	const noBreak = "\u2011" // a hyphen at which lipgloss breaks no word, such as the name of an option
	lines := lipgloss.Wrap(strings.ReplaceAll(text, "-", noBreak), max(width, 1), "")
	return strings.ReplaceAll(lines, noBreak, "-")
}

func tableWidth(widths []int) int {
	all := 2 * max(0, len(widths)-1)
	for _, n := range widths {
		all += n
	}
	return all
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
