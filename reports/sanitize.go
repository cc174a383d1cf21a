package reports

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text that is not ours (the API's words, names of files and images) is made harmless
// here for where it is shown.

// OneLine is text for one line of a terminal, a page or a cell: line ends and other
// control characters become spaces, and what reorders or hides the text around it is
// dropped.
func OneLine(s string) string {
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
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case controls(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// controls reports a character that a terminal or a line reader takes for more than
// text.
func controls(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// escapeControls writes such characters as JSON escapes. In JSON they can stand in
// strings only.
func escapeControls(json string) string {
	escape := func(r rune) bool { return controls(r) || r == utf8.RuneError }
	if !strings.ContainsFunc(json, escape) {
		return json
	}
	var b strings.Builder
	for _, r := range json {
		if escape(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// spreadsheetSafe is [OneLine] for a CSV cell: text that a spreadsheet would run gets
// a leading apostrophe.
func spreadsheetSafe(s string) string {
	if isFormula(s) {
		return "'" + OneLine(s)
	}
	return OneLine(s)
}

// isFormula reports whether a spreadsheet would run the text. Blanks before the
// sign do not keep it from that, and in East Asian locales full-width signs count
// as well (OWASP, "CSV Injection").
func isFormula(s string) bool {
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

// Quote makes a path one word of a shell, without characters that steer a terminal:
// those are written as escapes, which bash, zsh and ksh read.
func Quote(path string) string {
	if path != "" && strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/~+:@%") == "" {
		return path
	}
	if !strings.ContainsFunc(path, unicode.IsControl) && utf8.ValidString(path) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for rest := path; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + rest[:n])
		case unicode.IsControl(r) || r == utf8.RuneError && n == 1:
			for _, c := range []byte(rest[:n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String() + "'"
}
