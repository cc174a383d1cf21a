package plan

import "fmt"

// use is what a verb makes of a column.
type use uint8

const (
	unused use = iota
	optional
	required
)

// uses is the table of the package comment.
var uses = [...][columnCount]use{
	// Of a row with a verb that is none, what is there is checked all the same.
	VerbUnknown: {optional, optional, optional, optional, optional, optional},

	Copy:   {operation: optional, sourceAccount: required, hashColumn: required, targetAccount: required},
	Move:   {operation: required, sourceAccount: required, hashColumn: required, targetAccount: required, guardColumn: optional},
	Delete: {operation: required, sourceAccount: required, hashColumn: required, guardColumn: optional},
	Upload: {operation: required, hashColumn: optional, targetAccount: required, fileColumn: required},
}

// wants reports whether the row has to be read in this column, and adds the
// problem where it has a value too many or too few.
func (c *checker) wants(r *record, uses *[columnCount]use, verb Verb, col column, value string) bool {
	switch uses[col] {
	case required:
		if c.header.at[col] < 0 {
			if c.lacks[col] == 0 {
				c.lacks[col] = r.line
			}
			r.bad = true
			return false
		}
		if blank(value) {
			c.add(r, Problem{Line: c.lineOf(r, col), Column: c.header.name(col), What: "missing", Hint: rowOf(verb) + " needs it"})
			return false
		}
		return true
	case optional:
		return !blank(value)
	}
	if !blank(value) {
		c.flaw(r, col, value, superfluous(verb, col))
	}
	return false
}

func superfluous(verb Verb, col column) *flaw {
	what := rowOf(verb) + " does not use it"
	switch {
	case col == fileColumn && verb == Copy:
		return &flaw{what, "empty the cell, or write upload in the operation column"}
	case col == targetAccount:
		return &flaw{what, "empty the cell, or make the row a move"}
	}
	return &flaw{what, "empty the cell"}
}

func rowOf(verb Verb) string {
	if verb == Upload {
		return "an upload row"
	}
	return "a " + verb.String() + " row"
}

// missing adds each column that no row of the file can do without.
func (c *checker) missing() {
	for col := range columnCount {
		p := Problem{Line: c.header.line, Column: col.String(), What: "the column is missing", Hint: "add it to the header"}
		switch line := c.lacks[col]; {
		case line != 0:
			p.What = fmt.Sprintf("the column is missing, line %d needs it", line)
		case c.header.at[operation] >= 0 || c.header.at[col] >= 0 || uses[Copy][col] != required:
			continue
		}
		if i := c.header.meant(col); i >= 0 {
			p.Column, p.What = c.header.names[i], fmt.Sprintf("no such column, and %s is missing", col)
			p.Hint = fmt.Sprintf("did you mean %s? rename it", col)
			c.header.at[col] = i // and no other column of ours is meant by it
		}
		c.problems.addFirst(p)
	}
}
