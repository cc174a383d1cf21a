package graph

import (
	"bytes"
	"io"
	"iter"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// appendMember appends a member of a JSON object, after what separates it from the one before. What
// is no UTF-8 becomes U+FFFD.
func appendMember[T string | []byte](text []byte, separator byte, name string, value T) []byte {
	text = append(append(append(text, separator, '"'), name...), '"', ':')
	text, _ = jsontext.AppendQuote(text, value)
	return text
}

// jsonReader reads a JSON text once, from its start to its end. Answers have members that are
// unknown, missing or of other types than documented, so each value is read as what it is hoped
// to be; what is something else, or not read, is checked and skipped. Of members with the same
// name the last one counts.
//
// After an error of the syntax nothing more is read. So what was read is worth something only
// if end reports true.
type jsonReader struct {
	in     bytes.Buffer // the text, which is not changed
	tokens jsontext.Decoder
	failed bool
	unread bool   // the value of the member or element that was reached last
	text   []byte // the last string, unquoted
}

func newJSONReader(text []byte) *jsonReader {
	j := &jsonReader{}
	j.reset(text)
	return j
}

// reset begins to read another text.
func (j *jsonReader) reset(text []byte) {
	j.in = *bytes.NewBuffer(text)
	j.tokens.Reset(&j.in, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	j.failed, j.unread = false, false
}

// end reports whether the text was JSON: one value, and nothing after it.
func (j *jsonReader) end() bool {
	if j.failed {
		return false
	}
	_, err := j.tokens.ReadToken()
	return err == io.EOF
}

// kind is the kind of the next value: { [ " 0 t f n, or 0 after an error.
func (j *jsonReader) kind() jsontext.Kind {
	if j.failed {
		return 0
	}
	return j.tokens.PeekKind()
}

// raw reads the next value as the text that it is, valid until the one after it is read.
func (j *jsonReader) raw() []byte {
	j.unread = false
	if j.failed {
		return nil
	}
	value, err := j.tokens.ReadValue()
	j.failed = err != nil
	return value
}

func (j *jsonReader) skip() {
	j.unread = false
	j.failed = j.failed || j.tokens.SkipValue() != nil
}

func (j *jsonReader) token() {
	j.unread = false
	if !j.failed {
		_, err := j.tokens.ReadToken()
		j.failed = err != nil
	}
}

// members reads an object, yielding the names of its members in lower case, because encoding/json
// ignores it, too. A name is valid until the value is read. The loop must not be left.
func (j *jsonReader) members() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for range j.within('{') {
			name := j.lowered(j.raw())
			j.unread = true
			if !yield(name) {
				return
			}
		}
	}
}

// keyed reads an object whose names are keys, and yields them.
func (j *jsonReader) keyed() iter.Seq[string] {
	return func(yield func(string) bool) {
		for range j.within('{') {
			key := j.unquoted(j.raw())
			j.unread = true
			if !yield(key) {
				return
			}
		}
	}
}

// elements reads an array, yielding once for each of its elements.
func (j *jsonReader) elements() iter.Seq[struct{}] { return j.within('[') }

// within yields at each name of an object, or at each element of an array. A value of another
// kind is skipped.
func (j *jsonReader) within(open jsontext.Kind) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		if j.kind() != open {
			j.skip()
			return
		}
		j.token()
		for k := j.kind(); k != 0 && k != '}' && k != ']'; k = j.kind() {
			j.unread = true
			if !yield(struct{}{}) {
				return
			}
			if j.unread {
				j.skip()
			}
		}
		j.token()
	}
}

// lowered is the content of a quoted name in lower case.
func (j *jsonReader) lowered(quoted []byte) []byte {
	if len(quoted) < 2 {
		return nil
	}
	for _, c := range quoted {
		if c == '\\' || c >= 0x80 || 'A' <= c && c <= 'Z' {
			return []byte(strings.ToLower(j.unquoted(quoted)))
		}
	}
	return quoted[1 : len(quoted)-1]
}

// unquoted is the content of a quoted string, with U+FFFD for what is no UTF-8.
func (j *jsonReader) unquoted(quoted []byte) string {
	j.text, _ = jsontext.AppendUnquote(j.text[:0], quoted)
	return string(j.text)
}

// string reads a string. ok is false if the value is something else.
func (j *jsonReader) string() (s string, ok bool) {
	if j.kind() != '"' {
		j.skip()
		return "", false
	}
	return j.unquoted(j.raw()), !j.failed
}

// stringLike reads a string, "" if the value is something else. One like old is not kept twice.
func (j *jsonReader) stringLike(old string) string {
	if j.kind() != '"' {
		j.skip()
		return ""
	}
	j.text, _ = jsontext.AppendUnquote(j.text[:0], j.raw())
	if string(j.text) == old {
		return old
	}
	return string(j.text)
}

// lenientText reads a string, or the digits of a number; anything else is "".
func (j *jsonReader) lenientText() string {
	switch j.kind() {
	case '"':
		return j.unquoted(j.raw())
	case '0':
		return string(j.raw())
	}
	j.skip()
	return ""
}

// number reads a number, which may also come as a string; anything else is 0.
func (j *jsonReader) number() number {
	switch j.kind() {
	case '"', '0':
		return parseNumber(j.raw())
	}
	j.skip()
	return 0
}

// bool reads true or false. ok is false if the value is something else.
func (j *jsonReader) bool() (v, ok bool) {
	k := j.kind()
	j.skip()
	return k == 't', k == 't' || k == 'f'
}
