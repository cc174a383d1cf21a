//go:build !race

package reports_test

import (
	"testing"

	"adferry/reports"
)

// Writing the reports allocates next to nothing for each row.
func TestAllocationsOfReports(t *testing.T) {
	const few, many = 1000, 21_000
	dir := t.TempDir()
	allocations := func(rows int) float64 {
		src := generate(rows)
		return testing.AllocsPerRun(2, func() {
			if err := reports.Write(t.Context(), reports.Place{Folder: dir}, src); err != nil {
				t.Fatal(err)
			}
		})
	}
	if got := (allocations(many) - allocations(few)) / (many - few); got > 1 {
		t.Errorf("got %.1f allocations for each row, want 1 at most", got)
	} else {
		t.Logf("%.1f allocations for each row", got)
	}
}
