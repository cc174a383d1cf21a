package reports

import (
	"encoding/json"
	"fmt"
	"io"

	"adferry/plan"
)

// Counts writes how many images ad accounts have, a line for each, as they come.
type Counts struct {
	w      io.Writer
	format Format
	any    bool
}

// NewCounts makes a listing of counts.
func NewCounts(w io.Writer, f Format) (*Counts, error) {
	c := &Counts{w: w, format: f}
	return c, c.write(map[Format]string{FormatTable: "ad account            images\n", FormatCSV: "account,images\n", FormatJSON: "["}[f])
}

// Account adds one.
func (c *Counts) Account(a plan.Account, images int) error {
	object, err := json.Marshal(struct {
		Account plan.Account `json:"account"`
		Images  int          `json:"images"`
	}{a, images})
	if err != nil {
		return err
	}
	comma := ""
	if c.any {
		comma = ","
	}
	c.any = true
	switch c.format {
	case FormatCSV:
		return c.write(fmt.Sprintf("%s,%d\n", a.Act(), images))
	case FormatJSON:
		return c.write(comma + "\n  " + string(object))
	case FormatJSONL:
		return c.write(string(object) + "\n")
	}
	return c.write(fmt.Sprintf("%-20s  %6d\n", a.Act(), images))
}

// End ends the listing.
func (c *Counts) End() error {
	if c.format == FormatJSON {
		return c.write("\n]\n")
	}
	return nil
}

func (c *Counts) write(s string) error {
	_, err := io.WriteString(c.w, s)
	return err
}
