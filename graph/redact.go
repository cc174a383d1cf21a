package graph

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// fragmentSize is how many consecutive characters of a secret are redacted. A shorter
// secret is not Meta's but a sandbox's; redacting it would garble the API's messages.
const fragmentSize = 12

// A fragment is fragmentSize bytes of a secret or of one of its encodings.
type fragment [fragmentSize]byte

// redactor finds fragments of secrets. All images that are listed pass through it, so it
// reads only a few bytes of a text without secrets: of fragmentSize consecutive bytes,
// some four begin at a multiple of stride.
type redactor struct {
	fragments map[fragment]bool
	starts    [1 << 16 / 64]uint64 // bit set, by quadHash: four bytes that a fragment contains
}

const (
	quad   = 4
	stride = fragmentSize - quad + 1
)

// Redactor returns a function that replaces the secrets in a text, and parts of them of
// at least 12 characters. It finds them as they are, in hex and in Base64, and each of
// these with the escapes of JSON, URLs, forms and HTML, also nested. Secrets of less than
// 12 characters are not replaced.
func Redactor(secrets ...Secret) func(string) string {
	m := &redactor{fragments: map[fragment]bool{}}
	for _, s := range secrets {
		if len(s.reveal()) >= fragmentSize {
			for _, form := range formsOf(s.reveal()) {
				m.add(form)
			}
		}
	}
	if len(m.fragments) == 0 {
		return func(text string) string { return text }
	}
	return m.redact
}

// formsOf returns a secret and its encodings. In Base64 the digits depend on the position
// of the secret in a group of three bytes; digits that it shares with its neighbours are
// left out.
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

func (m *redactor) add(form string) {
	for i := 0; i+fragmentSize <= len(form); i++ {
		m.fragments[fragment([]byte(form[i:i+fragmentSize]))] = true
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

// hasFragment reports whether a text has a fragment, without removing escapes.
func hasFragment[T string | []byte](m *redactor, text T) bool {
	for i := 0; i+quad <= len(text); i += stride {
		if h := quadHash(text, i); m.starts[h/64]>>(h%64)&1 == 0 {
			continue
		}
		for from := max(0, i-stride+1); from <= i && from+fragmentSize <= len(text); from++ {
			if m.fragments[fragment([]byte(text[from:from+fragmentSize]))] {
				return true
			}
		}
	}
	return false
}

// maxLayers is how many layers of escapes are removed.
const maxLayers = 6

func (m *redactor) redact(text string) string {
	if len(text) < fragmentSize || !m.contains(text) {
		return text
	}
	var found []span
	l := asWritten(text, true)
	for range maxLayers {
		found = m.find(l, found)
		if !l.unescapeOnce() {
			break
		}
	}
	return replaceSpans(text, found)
}

// contains reports whether a text has a fragment under any layer of escapes.
func (m *redactor) contains(text string) bool {
	if !mayHaveEscapes(text) {
		return hasFragment(m, text)
	}
	l := asWritten(text, false)
	for range maxLayers {
		if hasFragment(m, l.text) {
			return true
		}
		if !l.unescapeOnce() {
			break
		}
	}
	return false
}

// span is a part of the original text, from inclusive, to exclusive.
type span struct{ from, to int }

// find appends the spans in the original text of the fragments in l.
func (m *redactor) find(l unescaped, found []span) []span {
	for i := 0; i+fragmentSize <= len(l.text); i++ {
		if m.fragments[fragment(l.text[i:i+fragmentSize])] {
			found = append(found, span{l.begin[i], l.begin[i+fragmentSize]})
		}
	}
	return found
}

// replaceSpans replaces spans, which may overlap, by [redacted].
func replaceSpans(text string, found []span) string {
	slices.SortFunc(found, func(a, b span) int { return cmp.Compare(a.from, b.from) })
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
