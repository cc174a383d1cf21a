package plan

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"
)

const hashDigits = 32

// A Hash names an image within an ad account: 32 lower-case hex digits.
type Hash string

// ParseHash reads an image hash in any case. The error says what is wrong with
// it, and what to do.
func ParseHash(s string) (Hash, error) {
	h, f := parseHash(s)
	if f != nil {
		return "", fmt.Errorf("%q is %w", clip(s), f)
	}
	return h.text(), nil
}

// rawHash is a hash in binary, as the index keeps it.
type rawHash [hashDigits / 2]byte

func (h rawHash) text() Hash {
	var b [hashDigits]byte
	hex.Encode(b[:], h[:])
	return Hash(b[:])
}

func parseHash(s string) (h rawHash, f *flaw) {
	if len(s) != hashDigits {
		return h, hashFlaw(s)
	}
	var seen byte
	for i := range h {
		hi, lo := nibbles[s[2*i]], nibbles[s[2*i+1]]
		seen |= hi | lo
		h[i] = hi<<4 | lo
	}
	if seen > 15 {
		return h, hashFlaw(s)
	}
	return h, nil
}

func hashFlaw(s string) *flaw {
	const noun = "an image hash"
	if f := spacingFlaw(s, noun); f != nil {
		return f
	}
	no := func(what, hint string) *flaw { return &flaw{"not " + noun + ": " + what, hint} }
	if id, rest, found := strings.Cut(s, ":"); found && digits(id) && len(rest) == hashDigits {
		return no("it is an image id", "keep only the part after the colon")
	}
	if scientific(s) {
		return no("a spreadsheet has read it as a number and digits are lost", fromSource)
	}
	for _, r := range s {
		if r >= utf8.RuneSelf || nibbles[r] > 15 {
			return no(fmt.Sprintf("it has %q, which is not a hex digit", r), "write 32 hex digits")
		}
	}
	unit := "hex digits"
	if len(s) == 1 {
		unit = "hex digit"
	}
	what := fmt.Sprintf("it has %d %s, not %d", len(s), unit, hashDigits)
	if digits(s) && len(s) < hashDigits {
		return no(what, "a spreadsheet may have dropped leading zeros: "+asText)
	}
	return no(what, "copy the whole hash")
}

// nibbles maps hex digits to their value and every other byte to 255.
var nibbles = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range "0123456789abcdef" {
		t[c] = byte(i)
	}
	for i, c := range "ABCDEF" {
		t[c] = byte(10 + i)
	}
	return t
}()
