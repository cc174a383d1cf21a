package cleanup

import (
	"strings"
	"unicode"

	"adferry/graph"
)

// noteLength is the longest name in a note, in runes; the API keeps 100.
const noteLength = 120

// noteOf says, in the manifest row that deletes an image, what the image was, because that
// cannot be looked up afterwards. It starts with a word of ours, so that no spreadsheet takes
// a name for a formula, and is one line.
func noteOf(i graph.Image) string {
	note := "no creation time"
	if at, ok := created(i); ok {
		note = "created " + at.UTC().Format("2006-01-02")
	}
	if i.Name != "" {
		note += ": " + plain(i.Name)
	}
	return note
}

// plain replaces what cannot be printed, line ends and NUL bytes included.
func plain(name string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		switch n++; {
		case n > noteLength:
			return -1
		case !unicode.IsPrint(r):
			return ' '
		}
		return r
	}, name)
}
