package reports

import (
	"fmt"
	"io"
	"strconv"

	"adferry/plan"
)

// Counts writes how many images ad accounts have, a line for each, as they come.
type Counts struct{ *records }

// NewCounts makes a listing of counts. The columns of its table have fixed widths, because counts come
// one by one.
func NewCounts(w io.Writer, f Format) Counts {
	return Counts{newRecords(w, f, "account", []string{"images"}, []int{20, 6}, 1)}
}

// Account adds an ad account.
func (c Counts) Account(a plan.Account, images int) error {
	err := c.add(func() []string { return []string{a.Act(), strconv.Itoa(images)} },
		func() []byte { return fmt.Appendf(nil, `{"account":"%s","images":%d}`, a, images) })
	if err != nil {
		return err
	}
	return c.page(false)
}

// End ends the listing.
func (c Counts) End() error { return c.end() }
