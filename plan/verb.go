package plan

import (
	"fmt"
	"strings"
)

// A Verb is what a row asks for: a word of the operation column.
type Verb string

const (
	Copy   Verb = "copy"
	Move   Verb = "move"
	Delete Verb = "delete"
	Upload Verb = "upload"
)

var verbs = []Verb{Copy, Move, Delete, Upload}

func (v Verb) String() string { return string(v) }

// UnmarshalText reads the word in any case.
func (v *Verb) UnmarshalText(text []byte) error { return setWord(v, text, verbs) }

// A Kind is what an operation does at the API.
type Kind string

const (
	KindCopy   Kind = "copy"
	KindDelete Kind = "delete"
	KindUpload Kind = "upload"
)

func (k Kind) String() string { return string(k) }

// UnmarshalText reads what String returns.
func (k *Kind) UnmarshalText(text []byte) error {
	return setWord(k, text, []Kind{KindCopy, KindDelete, KindUpload})
}

// setWord sets to to the one of these words that a text is, in any case.
func setWord[W ~string](to *W, text []byte, words []W) error {
	for _, word := range words {
		if strings.EqualFold(string(text), string(word)) {
			*to = word
			return nil
		}
	}
	return fmt.Errorf("%q is none of %v", text, words)
}
