package plan

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// skipBOM takes a byte order mark off the tape: three bytes of UTF-8, which are
// fine, or two of UTF-16.
func skipBOM(t *tape) ([]byte, error) {
	var b [3]byte
	n, err := io.ReadFull(t.src, b[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head := b[:n]
	for _, bom := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(head, []byte(bom)) {
			t.replay = head[len(bom):]
			return head[:len(bom)], nil
		}
	}
	t.replay = head
	return nil, nil
}

// foreignFormat recognises files that are not a CSV of ours as a whole.
func foreignFormat(h header) (what, hint string) {
	text := strings.TrimRight(string(h.raw), "\r\n")
	if what, hint := otherKind(text); what != "" {
		return what, hint
	}
	switch {
	case strings.Trim(text, "\x00") == "":
		return "the file is nothing but NUL bytes", notWritten
	case wide(text):
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
	for _, name := range h.names {
		if isOurs(name) {
			return "", ""
		}
	}
	return separator(text)
}

// fileKinds are files that are taken for a manifest, by how they begin.
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

func otherKind(text string) (what, hint string) {
	for _, kind := range fileKinds {
		if strings.HasPrefix(text, kind.head) {
			return "this is not CSV but " + kind.noun, kind.hint
		}
	}
	return "", ""
}

// wide recognises UTF-16 without a byte order mark: every other byte of what we
// look for, Latin letters, is NUL.
func wide(text string) bool {
	nul := [2]int{}
	for i := range len(text) {
		if text[i] == 0 {
			nul[i%2]++
		}
	}
	return max(nul[0], nul[1])*4 > len(text) && min(nul[0], nul[1])*8 < len(text)
}

// separator finds one of our column names in a first line cut at other signs
// than commas.
func separator(text string) (what, hint string) {
	line, _, _ := strings.Cut(text, "\n")
	for _, sign := range []struct{ text, noun string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
		names := strings.Split(line, sign.text)
		if len(names) == 1 {
			continue
		}
		for _, name := range names {
			if isOurs(strings.Trim(strings.TrimSpace(name), `"`)) {
				return sign.noun + " separate the cells", "export the file with commas"
			}
		}
	}
	return "", ""
}
