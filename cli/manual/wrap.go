package manual

import (
	"strings"
	"unicode/utf8"
)

// width is the number of columns of a line of help.
const width = 80

// wrapped breaks a text into lines that stand behind an indent of so many columns. A word
// that is longer than a line gets one to itself.
func wrapped(text string, indent int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case indent+utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// paragraphs splits a text at its empty lines. Lines that begin with two spaces are a
// paragraph of their own each, because they stand as they are.
func paragraphs(text string) []string {
	var all []string
	open := false // a paragraph that the next line belongs to
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case line == "":
			open = false
		case asItIs(line):
			all, open = append(all, line), false
		case open:
			all[len(all)-1] += " " + line
		default:
			all, open = append(all, line), true
		}
	}
	return all
}

func asItIs(paragraph string) bool { return strings.HasPrefix(paragraph, "  ") }
