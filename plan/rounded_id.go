package plan

import (
	"fmt"
	"strings"
)

// exactDigits is how many digits of a number a spreadsheet keeps (an IEEE 754 double,
// shown with 15). It makes the rest zeros.
const exactDigits = 15

// A bareID is a long account id without act_, and where the manifest has it first.
type bareID struct {
	line   int
	column string
	value  Account
}

// noteBareID notes the first cell with an account id that is longer than exactDigits
// and has no act_.
func (c *checker) noteBareID(r *record, col column, id uint32) {
	as := c.accounts
	for len(as.bare) < len(as.byID) {
		as.bare = append(as.bare, false)
	}
	if as.bare[id-1] {
		return
	}
	as.bare[id-1] = true
	c.bareIDs = append(c.bareIDs, bareID{c.lineOf(r, col), c.header.name(col), as.at(id)})
}

// rounded reports whether a spreadsheet has rounded the long ids: all of them end in 0.
// With two or more ids this is a problem, because by chance it would be so in at most
// one manifest of a hundred. With one id it is a warning.
func (c *checker) rounded() (bad, warnings []Problem) {
	for _, s := range c.bareIDs {
		if !strings.HasSuffix(string(s.value), "0") {
			return nil, nil
		}
	}
	if len(c.bareIDs) == 0 {
		return nil, nil
	}
	first := c.bareIDs[0]
	p := Problem{Line: first.line, Column: first.column, Value: string(first.value)}
	if len(c.bareIDs) == 1 {
		p.What = fmt.Sprintf("its last digits may be lost: a spreadsheet keeps %d digits of a number and makes the rest zeros", exactDigits)
		p.Hint = "compare it with the ad account; if it is right, write " + first.value.Act()
		return nil, []Problem{p}
	}
	p.What = fmt.Sprintf("the last digits are lost: all %d account ids of more than %d digits end in 0, as in numbers that a spreadsheet has rounded", len(c.bareIDs), exactDigits)
	p.Hint = fromSource + ", or write act_ before ids that are right"
	return []Problem{p}, nil
}
