package plan

import (
	"strings"
	"unicode/utf8"
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
// letters with other signs in or around them, or one typing error in a name of up to
// five letters, two in a longer one.
func suggestColumn(name string) (column, bool) {
	s := normalize(name)
	if ordinaryWords[s] {
		return 0, false
	}
	core := letters(name)
	mangled := strings.HasSuffix(s, core) && s != core && s[0] >= utf8.RuneSelf // a byte order mark that was read as GBK swallows the first letter
	for c, ours := range columnNames {
		ours := normalize(ours)
		if core == ours || mangled && len(ours) > 5 && editDistance(core, ours, 1) <= 1 {
			return column(c), true
		}
	}
	for c, ours := range columnNames {
		ours := normalize(ours)
		allowed := 2
		if len(ours) <= 5 {
			allowed = 1
		}
		if s == ours || editDistance(s, ours, allowed) <= allowed {
			return column(c), true
		}
	}
	return 0, false
}

// Suggest returns the word that a name is probably a misspelling of, or "".
func Suggest(name string, words []string) string {
	best, least := "", 3
	for _, word := range words {
		most := 2
		if len(word) <= 5 {
			most = 1
		}
		if n := editDistance(normalize(name), normalize(word), most); n <= most && n < least {
			best, least = word, n
		}
	}
	return best
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

// editDistance is how many letters must be dropped, added, replaced or swapped with their
// neighbour to make b of a (optimal string alignment). It returns a number above most as
// soon as the lengths show that the distance is greater.
func editDistance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(replace, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
