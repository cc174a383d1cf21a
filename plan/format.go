package plan

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// skipBOM reads a byte order mark and returns it: three bytes of UTF-8, which are
// allowed, or two of UTF-16. It returns nil if there is none.
func skipBOM(in *replayReader) ([]byte, error) {
	var b [3]byte
	n, err := io.ReadFull(in.src, b[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head := b[:n]
	for _, bom := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(head, []byte(bom)) {
			in.replay = head[len(bom):]
			return head[:len(bom)], nil
		}
	}
	in.replay = head
	return nil, nil
}

// formatProblem recognises files that as a whole are no manifest: not CSV, not UTF-8,
// or with another separator than commas.
func formatProblem(h header) (what, hint string) {
	text := strings.TrimRight(string(h.raw), "\r\n")
	if what, hint := otherKindProblem(text); what != "" {
		return what, hint
	}
	switch {
	case strings.Trim(text, "\x00") == "":
		return "the file holds only NUL bytes", truncatedHint
	case isUTF16(text):
		return "the file is UTF-16", "save it as CSV in UTF-8"
	case strings.ContainsRune(text, 0):
		return "the file has NUL bytes", "save it as CSV in UTF-8"
	case !utf8.ValidString(text):
		return "the header is not UTF-8", "save the file as CSV in UTF-8"
	case strings.HasPrefix(strings.ToLower(h.names[0]), "sep="):
		return "this is a spreadsheet's separator line, not a header", "remove the line"
	case strings.ContainsRune(text, '\r') && !strings.ContainsRune(text, '\n'):
		return "lines end in CR alone", "save the file with LF or CRLF line ends"
	}
	if slices.ContainsFunc(h.names, isOurs) {
		return "", ""
	}
	return separatorProblem(text)
}

// fileKinds are kinds of files that people pass as a manifest, by their first bytes.
var fileKinds = []struct{ head, noun, hint string }{
	{"PK\x03\x04", "a spreadsheet or another zipped file", "export the sheet as CSV in UTF-8"},
	{"\xd0\xcf\x11\xe0", "an old spreadsheet", "export the sheet as CSV in UTF-8"},
	{"SQLite format 3", "a database", "if it is a job's, adferry resume takes its folder"},
	{"\x1f\x8b", "a gzipped file", "unpack it first"},
	{"%PDF", "a PDF", "export the table as CSV in UTF-8"},
	{"<", "HTML or XML", "export the table as CSV in UTF-8"},
	{"{", "JSON", "write the rows as CSV"},
	{"[", "JSON", "write the rows as CSV"},
}

func otherKindProblem(text string) (what, hint string) {
	for _, kind := range fileKinds {
		if strings.HasPrefix(text, kind.head) {
			return "this is not CSV but " + kind.noun, kind.hint
		}
	}
	return "", ""
}

// isUTF16 recognises UTF-16 without a byte order mark: Latin letters, of which a header
// is made, have every other byte NUL.
func isUTF16(text string) bool {
	nul := [2]int{}
	for i := range len(text) {
		if text[i] == 0 {
			nul[i%2]++
		}
	}
	return max(nul[0], nul[1])*4 > len(text) && min(nul[0], nul[1])*8 < len(text)
}

// separatorProblem recognises a header whose cells are separated by semicolons, tabs or
// bars: cut there, it has one of our column names.
func separatorProblem(text string) (what, hint string) {
	line, _, _ := strings.Cut(text, "\n")
	for _, sign := range []struct{ text, noun string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
		names := strings.Split(line, sign.text)
		if len(names) == 1 {
			continue
		}
		if slices.ContainsFunc(names, func(name string) bool { return isOurs(strings.Trim(strings.TrimSpace(name), `"`)) }) {
			return "the cells are separated by " + sign.noun, "export the file with commas"
		}
	}
	return "", ""
}
