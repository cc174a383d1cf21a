package plan

import (
	"fmt"
	"strings"
)

// exactDigits is how many digits of a number spreadsheets keep (IEEE 754 doubles,
// shown with 15): the rest come back as zeros.
const exactDigits = 15

// A spot is where a value stands in the manifest.
type spot struct {
	line   int
	column string
	value  Account
}

// bareID notes the first cell of an ad account whose id stands there without act_
// and is longer than a spreadsheet keeps.
func (c *checker) bareID(r *record, col column, id uint32) {
	as := c.accounts
	for len(as.bare) < len(as.list) {
		as.bare = append(as.bare, false)
	}
	if as.bare[id-1] {
		return
	}
	as.bare[id-1] = true
	c.spots = append(c.spots, spot{c.lineOf(r, col), c.header.name(col), as.at(id)})
}

// rounded says whether the long ids look as a spreadsheet leaves them: all end in
// 0. For two of them that is chance once in a hundred manifests, so it is
// refused; for one it is a warning.
func (c *checker) rounded() (bad, warnings []Problem) {
	for _, s := range c.spots {
		if !strings.HasSuffix(string(s.value), "0") {
			return nil, nil
		}
	}
	if len(c.spots) == 0 {
		return nil, nil
	}
	first := c.spots[0]
	p := Problem{Line: first.line, Column: first.column, Value: string(first.value)}
	if len(c.spots) == 1 {
		p.What = fmt.Sprintf("its last digits may be lost: a spreadsheet keeps %d digits of a number and makes the rest zeros", exactDigits)
		p.Hint = "compare it with the ad account; written as " + first.value.Act() + " it is taken as it is"
		return nil, []Problem{p}
	}
	p.What = fmt.Sprintf("the last digits are lost: all %d account ids of more than %d digits end in 0, as a spreadsheet leaves numbers", len(c.spots), exactDigits)
	p.Hint = asText + ", or write act_ before ids that are right"
	return []Problem{p}, nil
}
