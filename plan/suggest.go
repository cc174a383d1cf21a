package plan

import (
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// ordinaryWords are names that people give to columns of their own, although only a typing
// error lies between them and one of ours.
var ordinaryWords = map[string]bool{
	"fill": true, "film": true, "fine": true, "fire": true, "five": true, "fee": true, "life": true,
	"line": true, "mile": true, "pile": true, "tile": true,
	"ash": true, "bash": true, "cash": true, "dash": true, "has": true, "mash": true, "rash": true, "wash": true,
	"operator": true, "cooperation": true,
	"sourceamount": true, "targetamount": true, "sourcecount": true, "targetcount": true,
}

// suggestColumn finds our column that a name is probably a misspelling of: the same
// letters with other signs in or around them, or typing errors.
func suggestColumn(name string) (column, bool) {
	s := normalize(name)
	if ordinaryWords[s] {
		return 0, false
	}
	core := letters(name)
	mangled := strings.HasSuffix(s, core) && s != core && s[0] >= utf8.RuneSelf // a byte order mark that was read as GBK swallows the first letter
	for c, ours := range columnNames {
		ours := normalize(ours)
		if core == ours || mangled && len(ours) > 5 && edlib.OSADamerauLevenshteinDistance(core, ours) <= 1 {
			return column(c), true
		}
	}
	for c, ours := range columnNames {
		if _, ok := typingErrors(s, ours); ok {
			return column(c), true
		}
	}
	return 0, false
}

// Suggest returns the word that a name is probably a misspelling of, or "".
func Suggest(name string, words []string) string {
	best, least := "", 3
	for _, word := range words {
		if n, ok := typingErrors(name, word); ok && n < least {
			best, least = word, n
		}
	}
	return best
}

// typingErrors is how many letters must be dropped, added, replaced or swapped with their
// neighbour to make a word of a name, and whether these are few enough for a misspelling:
// one in a word of up to five letters, two in a longer one.
func typingErrors(name, word string) (n int, few bool) {
	word = normalize(word)
	n = edlib.OSADamerauLevenshteinDistance(normalize(name), word)
	return n, n <= 1 || n == 2 && len(word) > 5
}

// letters is a normalized name without the signs around its letters, and without the
// characters that a byte order mark becomes in a wrong encoding.
func letters(name string) string {
	return strings.TrimFunc(normalize(name), func(r rune) bool { return r > '~' || !isLetter(byte(r)) && (r < '0' || r > '9') })
}

// normalize lowers the case of a name and drops the signs that people leave out or mix up.
func normalize(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', ' ', '\t', '\u00a0', '\u200b', '\u200c', '\u200d', '\ufeff':
			return -1
		}
		return r
	}, strings.ToLower(name))
}
