package cli

import (
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// plainWriter keeps from a terminal what would steer it: control characters other
// than line ends and tabs, wherever they come from (a file's name, an option's
// value), become U+FFFD. So does what is not UTF-8: to other encodings a byte of it
// may be a control character.
type plainWriter struct {
	w    io.Writer
	hide func(string) string // takes secrets out of what is written at once; may be nil

	mu   sync.Mutex // writers may be many
	part []byte     // the beginning of a character whose rest has not come
}

func (p *plainWriter) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := b
	if p.hide != nil {
		text = []byte(p.hide(string(b)))
	}
	if len(p.part) == 0 && plainText(text) {
		if _, err := p.w.Write(text); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	rest := append(p.part, text...)
	p.part = nil
	out := make([]byte, 0, len(rest)+8)
	for len(rest) > 0 {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1 && !utf8.FullRune(rest):
			p.part = append([]byte(nil), rest...)
			rest = nil
			continue
		case r == utf8.RuneError || steers(r):
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r)
		rest = rest[n:]
	}
	if _, err := p.w.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// plainText reports whether all can be written as it is. Most output is ASCII.
func plainText(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func steers(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
