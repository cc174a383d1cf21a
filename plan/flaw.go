package plan

import (
	"strings"
	"unicode/utf8"
)

// A flaw is what is wrong with one value and what to do about it.
type flaw struct{ what, hint string }

func (f *flaw) Error() string { return f.what + "; " + f.hint }

const asText = "format the column as text and export it again"

// spacing finds what spreadsheets and copying by hand leave around any value.
func spacing(s, noun string) *flaw {
	switch trimmed := strings.TrimSpace(s); {
	case trimmed == "":
		return &flaw{"not " + noun + ": it is empty", "fill it in"}
	case trimmed != s:
		return &flaw{"not " + noun + ": it has blanks around it", "remove them"}
	case s[len(s)-1] == endOfFile:
		return &flaw{"not " + noun + ": it ends in Ctrl-Z, with which DOS marks the end of a file", "remove it"}
	case s[0] == '\'':
		return &flaw{"not " + noun + ": it starts with an apostrophe", "remove it"}
	}
	return nil
}

// blank reports whether a cell holds nothing but white space.
func blank(s string) bool {
	if s != "" && ' ' < s[0] && s[0] < utf8.RuneSelf {
		return false
	}
	return strings.TrimSpace(s) == ""
}

// scientific recognises numbers as spreadsheets write what they take for a large
// one: 1.23E+15, 1,23E+15, 1E15.
func scientific(s string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	if !found {
		return false
	}
	exponent = strings.TrimPrefix(exponent, "+")
	whole, fraction, split := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	return digits(whole) && digits(exponent) && (!split || digits(fraction))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// clip bounds what a problem keeps of a foreign value, which may be a mebibyte.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return strings.Clone(s)
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}
