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
	switch {
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
