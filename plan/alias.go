package plan

import (
	"slices"
	"strings"
)

// The names that people and other tools give to what our columns hold. They are
// the user's own beside the column of ours; where that is missing they are what
// was meant.
var (
	sourceSides  = []string{"source", "src", "from", "origin"}
	targetSides  = []string{"target", "tgt", "destination", "dest", "dst", "to"}
	accountWords = []string{"", "id", "act", "actid", "account", "accountid", "adaccount", "adaccountid"}
	hashNames    = []string{"imagehash", "imghash", "sourcehash", "picturehash", "creativehash", "assethash", "adimagehash", "hashid", "imageid", "image"}
	fileNames    = []string{"filename", "filepath", "path", "imagefile", "imagepath", "picture", "picturefile", "localfile", "localpath"}
)

// alias reports whether a name that is not ours stands for a column of ours. An
// account without a side is the source, or the target where the source is named.
func (h *header) alias(c column, name string) bool {
	s := letters(name)
	switch c {
	case hashColumn:
		return slices.Contains(hashNames, s)
	case fileColumn:
		return slices.Contains(fileNames, s)
	case sourceAccount:
		return sided(s, sourceSides) || s != "" && s != "id" && slices.Contains(accountWords, s)
	case targetAccount:
		return sided(s, targetSides) || h.at[sourceAccount] >= 0 && s != "" && s != "id" && slices.Contains(accountWords, s)
	}
	return false
}

// meant is the position of the user's column that stands for one of ours, or -1.
func (h *header) meant(c column) int {
	for i, name := range h.names {
		if h.owner(i) < 0 && h.alias(c, name) {
			return i
		}
	}
	return -1
}

func sided(name string, sides []string) bool {
	for _, side := range sides {
		if rest, ok := strings.CutPrefix(name, side); ok && slices.Contains(accountWords, rest) {
			return true
		}
	}
	return false
}
