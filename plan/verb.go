package plan

import (
	"fmt"
	"strings"
)

// A Verb is what a row asks for.
type Verb uint8

const (
	VerbUnknown Verb = iota
	Copy
	Move
	Delete
	Upload
)

var verbs = [...]string{VerbUnknown: "unknown", Copy: "copy", Move: "move", Delete: "delete", Upload: "upload"}

func (v Verb) String() string {
	if int(v) < len(verbs) {
		return verbs[v]
	}
	return fmt.Sprintf("verb(%d)", uint8(v))
}

// parseVerb reads a word of the operation column, in any case. Any other word is
// VerbUnknown.
func parseVerb(word string) Verb {
	for v := Copy; v <= Upload; v++ {
		if strings.EqualFold(word, verbs[v]) {
			return v
		}
	}
	return VerbUnknown
}

// MarshalText writes the word of the manifest's operation column.
func (v Verb) MarshalText() ([]byte, error) {
	if v == VerbUnknown || int(v) >= len(verbs) {
		return nil, fmt.Errorf("marshal verb: %v has no text", v)
	}
	return []byte(verbs[v]), nil
}

// UnmarshalText reads what MarshalText writes, and nothing else.
func (v *Verb) UnmarshalText(text []byte) error {
	for i, word := range verbs[1:] {
		if string(text) == word {
			*v = Verb(i + 1)
			return nil
		}
	}
	return fmt.Errorf("unmarshal verb: must be copy, move, delete or upload, not %q", clip(string(text)))
}

// A Kind is what an operation does at the API.
type Kind uint8

const (
	KindUnknown Kind = iota
	KindCopy
	KindDelete
	KindUpload
)

var kinds = [...]string{KindUnknown: "unknown", KindCopy: "copy", KindDelete: "delete", KindUpload: "upload"}

func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText writes copy, delete or upload.
func (k Kind) MarshalText() ([]byte, error) {
	if k == KindUnknown || int(k) >= len(kinds) {
		return nil, fmt.Errorf("marshal kind: %v has no text", k)
	}
	return []byte(kinds[k]), nil
}

// UnmarshalText reads what MarshalText writes, and nothing else.
func (k *Kind) UnmarshalText(text []byte) error {
	for i, word := range kinds[1:] {
		if string(text) == word {
			*k = Kind(i + 1)
			return nil
		}
	}
	return fmt.Errorf("unmarshal kind: must be copy, delete or upload, not %q", clip(string(text)))
}
