package store

import (
	"regexp"
	"strings"
)

// TableReference finds where a query of this package reads a table of the job. Its groups are
// the keyword, the table, and the alias if there is one.
var TableReference = regexp.MustCompile(`\b(FROM|JOIN) (meta|rows|ops|needs|outcomes|lanes|samples|parks|row_counts|op_counts)\b(?: (?:AS )?([a-z])\b)?`)

// qualify makes a query read the tables of a schema.
func qualify(query, schema string) string {
	return TableReference.ReplaceAllStringFunc(query, func(reference string) string {
		keyword, table, _ := strings.Cut(reference, " ")
		return keyword + " " + schema + "." + table
	})
}
