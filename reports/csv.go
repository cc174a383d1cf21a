package reports

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"

	"adferry/plan"
)

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// csvWriter writes CSV cells of three origins: our own, the API's, which are made
// harmless, and the user's, which are written as they are in the manifest.
type csvWriter struct {
	w   *bufio.Writer
	buf []byte
	any bool // the row has a cell already

	second     int64  // of Unix time
	secondText []byte // ... in timeFormat, up to its milliseconds
}

func newCSVWriter(w io.Writer) *csvWriter {
	return &csvWriter{w: bufio.NewWriterSize(w, 64<<10)}
}

func (c *csvWriter) comma() {
	if c.any {
		c.buf = append(c.buf, ',')
	}
	c.any = true
}

// word adds a cell of ours that needs no quotes, such as a hash.
func (c *csvWriter) word(s string) {
	c.comma()
	c.buf = append(c.buf, s...)
}

// cell adds a cell of ours.
func (c *csvWriter) cell(s string) {
	c.comma()
	if !needsQuotes(s) {
		c.buf = append(c.buf, s...)
		return
	}
	c.buf = append(c.buf, '"')
	for i := range len(s) {
		if s[i] == '"' {
			c.buf = append(c.buf, '"')
		}
		c.buf = append(c.buf, s[i])
	}
	c.buf = append(c.buf, '"')
}

// names adds cells of ours, such as the names of columns.
func (c *csvWriter) names(all ...string) {
	for _, name := range all {
		c.cell(name)
	}
}

// account adds the id of an ad account, as every CSV of ours has it.
func (c *csvWriter) account(a plan.Account) {
	text, _ := a.MarshalCSV() // an id always has a text
	c.word(text)
}

// foreign adds a cell with text of the API.
func (c *csvWriter) foreign(s string) { c.cell(spreadsheetSafe(s)) }

// raw adds a cell that is CSV already. To encoding/csv a carriage return outside quotes
// is part of its cell, to others a line end: such a cell gets quotes.
func (c *csvWriter) raw(s string) {
	if strings.IndexByte(s, '\r') >= 0 && s[0] != '"' {
		c.cell(s)
		return
	}
	c.comma()
	c.buf = append(c.buf, s...)
}

func (c *csvWriter) number(n int) {
	c.comma()
	c.buf = strconv.AppendInt(c.buf, int64(n), 10)
}

// code adds an error code, of which 0 is none.
func (c *csvWriter) code(n int) {
	if n == 0 {
		c.comma()
		return
	}
	c.number(n)
}

// time adds a time. Rows follow each other within a second mostly, of which the text is kept.
func (c *csvWriter) time(at time.Time) {
	c.comma()
	if at.IsZero() {
		return
	}
	if s := at.Unix(); s != c.second || c.secondText == nil {
		text := at.UTC().AppendFormat(c.secondText[:0], timeFormat)
		c.second, c.secondText = s, text[:len(text)-len("000Z")]
	}
	ms := at.Nanosecond() / 1e6
	c.buf = append(append(c.buf, c.secondText...), '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10), 'Z')
}

func (c *csvWriter) end() error {
	c.buf = append(c.buf, '\n')
	_, err := c.w.Write(c.buf)
	c.buf, c.any = c.buf[:0], false
	return err
}

func needsQuotes(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case ',', '"', '\r', '\n':
			return true
		}
	}
	return s != "" && (s[0] == ' ' || s[len(s)-1] == ' ')
}
