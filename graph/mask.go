package graph

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// leastEcho is how many characters of a secret on end are taken for an echo of it.
// A secret that is shorter is none that Meta gives out but one of a sandbox, and
// replacing it would tear the API's words apart.
const leastEcho = 12

// An echo is leastEcho bytes of a secret, as it is or in one of its forms.
type echo [leastEcho]byte

// masker finds echoes of secrets. Every image that is listed passes it, so that it
// looks at few bytes of a text without one: of leastEcho bytes on end, some four
// that stand together begin at a multiple of stride.
type masker struct {
	echoes map[echo]bool
	starts [1 << 16 / 64]uint64 // by the hash of four bytes: they are part of an echo
}

const (
	quad   = 4
	stride = leastEcho - quad + 1
)

// Redactor makes a function that replaces the secrets, and parts of them from 12
// characters on, in whatever way a text may repeat them: as they are, in hex or
// Base64, and as JSON, URLs, forms and HTML write any of these, also one within the
// other. Secrets of less than 12 characters stay.
func Redactor(secrets ...Secret) func(string) string {
	m := &masker{echoes: map[echo]bool{}}
	for _, s := range secrets {
		if len(s.reveal()) >= leastEcho {
			for _, form := range formsOf(s.reveal()) {
				m.add(form)
			}
		}
	}
	if len(m.echoes) == 0 {
		return func(text string) string { return text }
	}
	return m.redact
}

// formsOf are a secret and its encodings. In Base64 the digits depend on where in a
// group of three bytes the secret begins; those that its neighbours have a share in
// are left out.
func formsOf(secret string) []string {
	plain := hex.EncodeToString([]byte(secret))
	forms := []string{secret, plain, strings.ToUpper(plain)}
	for offset := range 3 {
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			digits := e.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
			forms = append(forms, digits[(offset*8+5)/6:(offset+len(secret))*8/6])
		}
	}
	return forms
}

func (m *masker) add(form string) {
	for i := 0; i+leastEcho <= len(form); i++ {
		m.echoes[echo([]byte(form[i:i+leastEcho]))] = true
	}
	for i := 0; i+quad <= len(form); i++ {
		h := quadHash(form, i)
		m.starts[h/64] |= 1 << (h % 64)
	}
}

func quadHash[T string | []byte](text T, i int) uint32 {
	n := uint32(text[i]) | uint32(text[i+1])<<8 | uint32(text[i+2])<<16 | uint32(text[i+3])<<24
	return n * 0x9e3779b1 >> 16
}

// holds reports whether there is an echo in a text as it stands.
func holds[T string | []byte](m *masker, text T) bool {
	for i := 0; i+quad <= len(text); i += stride {
		if h := quadHash(text, i); m.starts[h/64]>>(h%64)&1 == 0 {
			continue
		}
		for from := max(0, i-stride+1); from <= i && from+leastEcho <= len(text); from++ {
			if m.echoes[echo([]byte(text[from:from+leastEcho]))] {
				return true
			}
		}
	}
	return false
}

// mostLayers is how many encodings within each other are taken off.
const mostLayers = 6

func (m *masker) redact(text string) string {
	if len(text) < leastEcho || !m.within(text) {
		return text
	}
	var found []stretch
	l := original(text, true)
	for range mostLayers {
		found = m.find(l, found)
		if !l.decode() {
			break
		}
	}
	return mask(text, found)
}

// within reports whether there is an echo in a text or in what it encodes.
func (m *masker) within(text string) bool {
	if !escaped(text) {
		return holds(m, text)
	}
	l := original(text, false)
	for range mostLayers {
		if holds(m, l.text) {
			return true
		}
		if !l.decode() {
			break
		}
	}
	return false
}

// stretch is a part of a text.
type stretch struct{ from, to int }

// find adds where the echoes of a layer stand in the original text.
func (m *masker) find(l layer, found []stretch) []stretch {
	for i := 0; i+leastEcho <= len(l.text); i++ {
		if m.echoes[echo(l.text[i:i+leastEcho])] {
			found = append(found, stretch{l.begin[i], l.begin[i+leastEcho]})
		}
	}
	return found
}

// mask replaces the stretches.
func mask(text string, found []stretch) string {
	slices.SortFunc(found, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	end := 0
	for i, s := range found {
		if i == 0 || s.from > end {
			b.WriteString(text[end:s.from])
			b.WriteString(redacted)
		}
		end = max(end, s.to)
	}
	b.WriteString(text[end:])
	return b.String()
}
