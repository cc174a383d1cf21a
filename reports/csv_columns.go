package reports

import (
	"slices"
	"strings"
)

// manifestColumns are the manifest's columns that results.csv has among its own. The
// column file is not one: only uploads have it, and its paths would be lost there.
var manifestColumns = []string{"operation", "source_account", "hash", "target_account"}

// failureColumns are the columns that failed.csv adds to the manifest's.
var failureColumns = []string{"reason", "error_code", "error_subcode", "error_message", "fbtrace_id"}

// mappingColumns are those of mapping.csv.
var mappingColumns = []string{"source_account", "source_hash", "target_account", "target_hash"}

// layout says which cells of a manifest row go where.
type layout struct {
	user  []int // into results.csv
	whole []int // into failed.csv

	// Cells that failed.csv rewrites; -1 where the manifest has no such column.
	file, source, target int
}

func layoutOf(header []string) layout {
	l := layout{file: -1, source: -1, target: -1}
	old := earlierFailureColumns(header)
	for i, name := range header {
		if i >= old && i < old+len(failureColumns) {
			continue
		}
		l.whole = append(l.whole, i)
		switch {
		case same(name, "file"):
			l.file = i
		case same(name, "source_account"):
			l.source = i
		case same(name, "target_account"):
			l.target = i
		}
		if !isManifestColumn(name) {
			l.user = append(l.user, i)
		}
	}
	return l
}

// ambiguous are the columns of the user's whose names columns of ours have in the same file.
func ambiguous(header []string) (names []string) {
	for _, i := range layoutOf(header).user {
		name := strings.TrimSpace(header[i])
		if slices.ContainsFunc(slices.Concat(resultColumns, failureColumns), func(ours string) bool { return same(name, ours) }) {
			names = append(names, name)
		}
	}
	return names
}

// earlierFailureColumns is where the columns of an earlier failed.csv start; the last
// such run counts, and a column that merely shares a name with one of them is the user's.
func earlierFailureColumns(header []string) int {
	for at := len(header) - len(failureColumns); at >= 0; at-- {
		if slices.EqualFunc(header[at:at+len(failureColumns)], failureColumns, same) {
			return at
		}
	}
	return len(header)
}

func isManifestColumn(name string) bool {
	return slices.ContainsFunc(manifestColumns, func(o string) bool { return same(name, o) })
}

// same compares column names as package plan does.
func same(name, want string) bool { return strings.EqualFold(strings.TrimSpace(name), want) }
