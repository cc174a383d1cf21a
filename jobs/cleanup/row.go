package cleanup

import (
	"strings"
	"unicode"

	"adferry/graph"
	"adferry/plan"
)

// noteLength is the longest name in a note, in runes; the API keeps 100.
const noteLength = 120

// Row is the manifest row that deletes an image. Its note says what the image was,
// because that cannot be looked up afterwards. The note starts with a word of ours, so
// that no spreadsheet takes a name for a formula, and is one line.
func Row(account plan.Account, i graph.Image) plan.Line {
	note := "no creation time"
	if at, ok := created(i); ok {
		note = "created " + at.UTC().Format("2006-01-02")
	}
	if i.Name != "" {
		note += ": " + plain(i.Name)
	}
	return plan.Line{Verb: plan.Delete, Source: account, Hash: plan.Hash(i.Hash), Note: note}
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
