package reports

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"adferry/plan"
)

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// table writes CSV from cells of three origins: ours, the API's and the user's,
// of which the last are written as they stand in the manifest.
type table struct {
	w   *bufio.Writer
	buf []byte
	any bool // the row has a cell
}

func newTable(w io.Writer) *table {
	return &table{w: bufio.NewWriterSize(w, 64<<10)}
}

func (t *table) comma() {
	if t.any {
		t.buf = append(t.buf, ',')
	}
	t.any = true
}

// cell adds a cell of ours.
func (t *table) cell(s string) {
	t.comma()
	if !needsQuotes(s) {
		t.buf = append(t.buf, s...)
		return
	}
	t.buf = append(t.buf, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			t.buf = append(t.buf, '"')
		}
		t.buf = append(t.buf, s[i])
	}
	t.buf = append(t.buf, '"')
}

// account adds the id of an ad account, as every CSV of ours has it.
func (t *table) account(a plan.Account) {
	text, _ := a.MarshalCSV() // an id always has a text
	t.cell(text)
}

// foreign adds a cell of the API.
func (t *table) foreign(s string) { t.cell(neutral(s)) }

// raw adds a cell that is CSV already. A carriage return outside quotes is part of
// its cell to encoding/csv, and a line end to others: it gets quotes.
func (t *table) raw(s string) {
	if strings.IndexByte(s, '\r') >= 0 && s[0] != '"' {
		t.cell(s)
		return
	}
	t.comma()
	t.buf = append(t.buf, s...)
}

func (t *table) number(n int) {
	t.comma()
	t.buf = strconv.AppendInt(t.buf, int64(n), 10)
}

// code adds an error code, of which 0 is none.
func (t *table) code(n int) {
	if n == 0 {
		t.comma()
		return
	}
	t.number(n)
}

func (t *table) time(at time.Time) {
	t.comma()
	if !at.IsZero() {
		t.buf = at.UTC().AppendFormat(t.buf, timeFormat)
	}
}

func (t *table) end() error {
	t.buf = append(t.buf, '\n')
	_, err := t.w.Write(t.buf)
	t.buf, t.any = t.buf[:0], false
	return err
}

func needsQuotes(s string) bool {
	return s != "" && (s[0] == ' ' || s[len(s)-1] == ' ' || strings.ContainsAny(s, ",\"\r\n"))
}

// neutral makes text of the API harmless in a spreadsheet and on a terminal.
func neutral(s string) string {
	if formula(s) {
		return "'" + oneLine(s)
	}
	return oneLine(s)
}

// formula reports whether a spreadsheet would run the text. Blanks before the
// sign do not keep it from that, and in East Asian locales full-width signs count
// as well (OWASP, "CSV Injection").
func formula(s string) bool {
	for _, r := range s {
		switch r {
		case '=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n':
			return true
		}
		if !unicode.IsSpace(r) && unicode.IsGraphic(r) {
			return false
		}
	}
	return false
}

// oneLine turns line ends and other control characters into spaces, and drops
// what reorders or hides text around it.
func oneLine(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", " ")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
