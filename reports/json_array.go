package reports

import (
	"encoding/json"
	"fmt"
	"io"
)

// jsonArray writes the elements of an array, one a line, as they come, so that a
// million of them need no memory. It begins behind the opening bracket.
type jsonArray struct {
	w      io.Writer
	indent string // of an element
	any    bool
}

// add marshals an element.
func (a *jsonArray) add(v any) error {
	element, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.addRaw(element)
}

// addRaw adds an element that is JSON already.
func (a *jsonArray) addRaw(element []byte) error {
	comma := ""
	if a.any {
		comma = ","
	}
	a.any = true
	_, err := fmt.Fprintf(a.w, "%s\n%s%s", comma, a.indent, element)
	return err
}

// end closes the array; an element's indent is two blanks deeper than the bracket's.
func (a *jsonArray) end() error {
	bracket := "]"
	if a.any {
		bracket = "\n" + a.indent[2:] + "]"
	}
	_, err := io.WriteString(a.w, bracket)
	return err
}
