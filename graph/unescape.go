package graph

import (
	"bytes"
	"strconv"
	"strings"
)

// unescaped is a text from which layers of escapes were removed: JSON in a URL in HTML,
// for example. begin, if not nil, has the index in the original text of each byte, and
// its length at the end.
type unescaped struct {
	text  []byte
	begin []int
}

// asWritten is a text from which nothing was removed. track says whether to keep begin.
func asWritten(text string, track bool) unescaped {
	l := unescaped{text: []byte(text)}
	if track {
		l.begin = make([]int, len(text)+1)
		for i := range l.begin {
			l.begin[i] = i
		}
	}
	return l
}

// unescapeOnce removes one layer of escapes, in place, and reports whether there was one.
func (l *unescaped) unescapeOnce() (more bool) {
	to := 0
	for from := 0; from < len(l.text); to++ {
		c, n := l.text[from], 1
		if c == '\\' || c == '%' || c == '&' {
			c, n = unescape(l.text[from:])
			more = more || n > 1
		}
		l.text[to] = c
		if l.begin != nil {
			l.begin[to] = l.begin[from]
		}
		from += n
	}
	if l.begin != nil {
		l.begin[to] = l.begin[len(l.text)]
		l.begin = l.begin[:to+1]
	}
	l.text = l.text[:to]
	return more
}

// mayHaveEscapes reports whether a text may have escapes.
func mayHaveEscapes(text string) bool { return strings.ContainsAny(text, `\%&`) }

const maxEscape = 12 // &#x0000002f;

// unescape returns the first character of a text, and the length of its escape: \/ and
// \u002f in JSON, %2F in URLs, &#47;, &#x2f; and named references in HTML. n is 1 if it is
// not escaped.
func unescape(text []byte) (c byte, n int) {
	c = text[0]
	switch {
	case len(text) < 2:
	case c == '\\' && text[1] == 'u':
		if v, ok := charOf(text, 2, 6, 16); ok {
			return v, 6
		}
	case c == '\\':
		return text[1], 2
	case c == '%':
		if v, ok := charOf(text, 1, 3, 16); ok {
			return v, 3
		}
	case c == '&':
		end := bytes.IndexByte(text[:min(len(text), maxEscape)], ';')
		if end < 0 {
			return c, 1
		}
		if named, ok := namedEscapes[string(text[1:end])]; ok {
			return named, end + 1
		}
		if text[1] != '#' {
			return c, 1
		}
		digits, base := 2, 10
		if end > 2 && text[2]|0x20 == 'x' {
			digits, base = 3, 16
		}
		if v, ok := charOf(text, digits, end, base); ok {
			return v, end + 1
		}
	}
	return c, 1
}

var namedEscapes = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// charOf parses the number of a character, which must be ASCII, as secrets are.
func charOf(text []byte, from, to, base int) (c byte, ok bool) {
	if to > len(text) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(text[from:to]), base, 7)
	return byte(v), err == nil
}
