package plan

import (
	"strings"
	"unicode/utf8"
)

// plainWords are names that people give to columns of their own although a slip
// of the pen leads from them to one of ours.
var plainWords = map[string]bool{
	"fill": true, "film": true, "fine": true, "fire": true, "five": true, "fee": true, "life": true,
	"line": true, "mile": true, "pile": true, "tile": true,
	"ash": true, "bash": true, "cash": true, "dash": true, "has": true, "mash": true, "rash": true, "wash": true,
	"operator": true, "cooperation": true,
	"sourceamount": true, "targetamount": true, "sourcecount": true, "targetcount": true,
}

// near finds the column of ours that a foreign name is likely to be a slip for:
// the same letters written otherwise or between signs, one slip in a name of up to
// five letters, two in a longer one.
func near(name string) (column, bool) {
	s := squeeze(name)
	if plainWords[s] {
		return 0, false
	}
	core := letters(name)
	mangled := strings.HasSuffix(s, core) && s != core && s[0] >= utf8.RuneSelf // GBK takes the first letter along
	for c, ours := range columnNames {
		ours := squeeze(ours)
		if core == ours || mangled && len(ours) > 5 && slips(core, ours, 1) <= 1 {
			return column(c), true
		}
	}
	for c, ours := range columnNames {
		ours := squeeze(ours)
		allowed := 2
		if len(ours) <= 5 {
			allowed = 1
		}
		if s == ours || slips(s, ours, allowed) <= allowed {
			return column(c), true
		}
	}
	return 0, false
}

// Nearest is the one of the words for which a misspelt one is likely to be a
// slip, or "".
func Nearest(name string, words []string) string {
	best, least := "", 3
	for _, word := range words {
		most := 2
		if len(word) <= 5 {
			most = 1
		}
		if n := slips(squeeze(name), squeeze(word), most); n <= most && n < least {
			best, least = word, n
		}
	}
	return best
}

// letters is a squeezed name without what stands around its letters: signs, and the
// characters that a byte order mark becomes in the wrong encoding.
func letters(name string) string {
	return strings.TrimFunc(squeeze(name), func(r rune) bool { return r > '~' || !isLetter(byte(r)) && (r < '0' || r > '9') })
}

// squeeze drops what does not make two names different to a reader.
func squeeze(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', ' ', '\t', '\u00a0', '\u200b', '\u200c', '\u200d', '\ufeff':
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// slips counts the letters dropped, added, replaced or swapped with their
// neighbour between two names (Damerau-Levenshtein, each stretch edited once). It
// stops early, with more than most, where lengths alone show that there are more.
func slips(a, b string, most int) int {
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
