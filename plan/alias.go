package plan

import (
	"slices"
	"strings"
)

// Names that people and other tools give to our columns, without signs and in lower
// case. Such a column is the user's own if the header has our column too, else it is
// suggested as the one that was meant.
var (
	sourceSides  = []string{"source", "src", "from", "origin"}
	targetSides  = []string{"target", "tgt", "destination", "dest", "dst", "to"}
	accountWords = []string{"", "id", "act", "actid", "account", "accountid", "adaccount", "adaccountid"}
	hashNames    = []string{"imagehash", "imghash", "sourcehash", "picturehash", "creativehash", "assethash", "adimagehash", "hashid", "imageid", "image"}
	fileNames    = []string{"filename", "filepath", "path", "imagefile", "imagepath", "picture", "picturefile", "localfile", "localpath"}
)

// alias reports whether a name that is not ours stands for our column c. An account
// without a side is the source, or the target if the header has a source.
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

// aliasOf is the position of the user's column that stands for our column c, or -1.
func (h *header) aliasOf(c column) int {
	for i, name := range h.names {
		if h.columnAt(i) < 0 && h.alias(c, name) {
			return i
		}
	}
	return -1
}

// sided reports whether a name is one of the sides followed by a word for an account.
func sided(name string, sides []string) bool {
	for _, side := range sides {
		if rest, ok := strings.CutPrefix(name, side); ok && slices.Contains(accountWords, rest) {
			return true
		}
	}
	return false
}
