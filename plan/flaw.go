package plan

import (
	"strings"
	"unicode/utf8"
)

// A flaw is what is wrong with one value and what to do about it.
type flaw struct{ what, hint string }

func (f *flaw) Error() string { return f.what + "; " + f.hint }

const (
	asText = "format the column as text and export it again"
	// fromSource is for digits that the spreadsheet has lost, too.
	fromSource = "import the original file anew, with the column as text, and export that"
)

// spacingFlaw finds what spreadsheets and copy and paste leave around a value. noun says
// what the value should be.
func spacingFlaw(s, noun string) *flaw {
	switch trimmed := strings.TrimSpace(s); {
	case trimmed == "":
		return &flaw{"not " + noun + ": it is empty", "fill it in"}
	case trimmed != s:
		return &flaw{"not " + noun + ": it has white space around it", "remove it"}
	case s[len(s)-1] == ctrlZ:
		return &flaw{"not " + noun + ": it ends in Ctrl-Z, the end-of-file mark of DOS", "remove it"}
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

// scientific recognises the notation in which spreadsheets write large numbers:
// 1.23E+15, 1,23E+15, 1E15.
func scientific(s string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	if !found {
		return false
	}
	exponent = strings.TrimPrefix(exponent, "+")
	whole, fraction, split := strings.Cut(strings.Replace(mantissa, ",", ".", 1), ".")
	return digits(whole) && digits(exponent) && (!split || digits(fraction))
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// clip cuts a value of the user's after 80 bytes, because it may be as long as 1 MiB.
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
