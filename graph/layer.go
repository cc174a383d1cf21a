package graph

import (
	"bytes"
	"strconv"
	"strings"
)

// A layer is a text with some of its encodings taken off, and, if it is to be told,
// where each of its bytes began in the original.
type layer struct {
	text  []byte
	begin []int // and at the end the original's length
}

// original is a text with nothing taken off.
func original(text string, told bool) layer {
	l := layer{text: []byte(text)}
	if told {
		l.begin = make([]int, len(text)+1)
		for i := range l.begin {
			l.begin[i] = i
		}
	}
	return l
}

// decode takes one encoding more off, in place, and reports whether there was one.
func (l *layer) decode() (more bool) {
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

// escaped reports whether some character may be written otherwise.
func escaped(text string) bool { return strings.ContainsAny(text, `\%&`) }

const longestEscape = 12 // &#x0000002f;

// unescape reads the first character of a text, and how many bytes stand for it:
// \/ and \u002f of JSON, %2F of URLs, &#47; and &#x2f; of HTML and its named ones.
// What is no escape stands for itself.
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
		end := bytes.IndexByte(text[:min(len(text), longestEscape)], ';')
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

// charOf reads a character's number. Secrets are ASCII.
func charOf(text []byte, from, to, base int) (c byte, ok bool) {
	if to > len(text) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(text[from:to]), base, 7)
	return byte(v), err == nil
}
