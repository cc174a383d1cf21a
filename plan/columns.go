package plan

import "fmt"

// columnUse says whether rows with a verb use a column.
type columnUse uint8

const (
	unused columnUse = iota
	optional
	required
)

// columnUses is the table in the package comment.
var columnUses = map[Verb][columnCount]columnUse{
	// The cells of a row whose verb is invalid are checked if they are not blank.
	"": {optional, optional, optional, optional, optional, optional},

	Copy:   {operation: optional, sourceAccount: required, hashColumn: required, targetAccount: required},
	Move:   {operation: required, sourceAccount: required, hashColumn: required, targetAccount: required, guardColumn: optional},
	Delete: {operation: required, sourceAccount: required, hashColumn: required, guardColumn: optional},
	Upload: {operation: required, hashColumn: optional, targetAccount: required, fileColumn: required},
}

// present reports whether the row has a value that its verb uses in this column. It
// adds a problem if a required value is missing or an unused one is there.
func (c *checker) present(r *record, uses [columnCount]columnUse, verb Verb, col column, value string) bool {
	switch uses[col] {
	case required:
		if c.header.at[col] < 0 {
			if c.lackedAt[col] == 0 {
				c.lackedAt[col] = r.line
			}
			r.bad = true
			return false
		}
		if blank(value) {
			c.add(r, Problem{Line: c.lineOf(r, col), Column: c.header.name(col), What: "missing", Hint: rowNoun(verb) + " needs it"})
			return false
		}
		return true
	case optional:
		return !blank(value)
	}
	if !blank(value) {
		c.addFlaw(r, col, value, unusedFlaw(verb, col))
	}
	return false
}

func unusedFlaw(verb Verb, col column) *flaw {
	what := rowNoun(verb) + " does not use it"
	switch {
	case col == fileColumn && verb == Copy:
		return &flaw{what, "empty the cell, or write upload in the operation column"}
	case col == targetAccount:
		return &flaw{what, "empty the cell, or make the row a move"}
	}
	return &flaw{what, "empty the cell"}
}

func rowNoun(verb Verb) string {
	if verb == Upload {
		return "an upload row"
	}
	return "a " + verb.String() + " row"
}

// missingColumns adds a problem for each column that the file lacks and rows need.
func (c *checker) missingColumns() {
	for col := range columnCount {
		p := Problem{Line: c.header.line, Column: col.String(), What: "the column is missing", Hint: "add it to the header and to each row"}
		switch line := c.lackedAt[col]; {
		case line != 0:
			p.What = fmt.Sprintf("the column is missing, and line %d needs it", line)
		case c.header.at[operation] >= 0 || c.header.at[col] >= 0 || columnUses[Copy][col] != required:
			continue
		}
		if i := c.header.aliasOf(col); i >= 0 {
			p.Column, p.What = c.header.names[i], fmt.Sprintf("no such column, and %s is missing", col)
			p.Hint = fmt.Sprintf("did you mean %s? rename it", col)
			c.header.at[col] = i // so that it is not suggested for another column, too
		}
		c.problems.addFirst(p)
	}
}
