package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"adferry/plan"
)

// Counts writes how many images ad accounts have, a line for each, as they come.
type Counts struct {
	w      io.Writer
	format Format
	array  jsonArray // JSON
}

// NewCounts makes a listing of counts.
func NewCounts(w io.Writer, f Format) (*Counts, error) {
	c := &Counts{w: w, format: f, array: jsonArray{w: w, indent: "  "}}
	switch f {
	case FormatTable:
		return c, c.row("ad account", "images")
	case FormatCSV:
		return c, c.write("account,images\n")
	case FormatJSON:
		return c, c.write("[")
	}
	return c, nil
}

// Account adds an ad account.
func (c *Counts) Account(a plan.Account, images int) error {
	object, err := json.Marshal(struct {
		Account plan.Account `json:"account"`
		Images  int          `json:"images"`
	}{a, images})
	if err != nil {
		return err
	}
	switch c.format {
	case FormatCSV:
		return c.write(fmt.Sprintf("%s,%d\n", a.Act(), images))
	case FormatJSON:
		return c.array.addRaw(object)
	case FormatJSONL:
		return c.write(string(object) + "\n")
	}
	return c.row(a.Act(), strconv.Itoa(images))
}

// row writes a row of the table. Its widths are fixed, because counts come one by one.
func (c *Counts) row(account, images string) error {
	return c.write(alignRow([]string{account, images}, []int{20, 6}, 1) + "\n")
}

// End ends the listing.
func (c *Counts) End() error {
	if c.format != FormatJSON {
		return nil
	}
	if err := c.array.end(); err != nil {
		return err
	}
	return c.write("\n")
}

func (c *Counts) write(s string) error {
	_, err := io.WriteString(c.w, s)
	return err
}
