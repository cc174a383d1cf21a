package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// grid aligns cells in columns two blanks apart.
type grid struct{ rows [][]string }

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// write writes the rows, the given columns aligned to the right.
func (g *grid) write(b *strings.Builder, right ...int) {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range g.rows {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			format := "%-" + strconv.Itoa(widths[i]) + "s"
			if slices.Contains(right, i) {
				format = "%" + strconv.Itoa(widths[i]) + "s"
			}
			fmt.Fprintf(&line, format, cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
