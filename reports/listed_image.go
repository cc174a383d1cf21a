package reports

import (
	"bytes"
	"encoding/json"
	"fmt"

	"adferry/plan"
)

// image is an ad image to be shown: the fields as the API gave them.
type image struct {
	account plan.Account
	hash    plan.Hash
	fields  map[string]json.RawMessage
}

func readImage(a plan.Account, h plan.Hash, object json.RawMessage) (image, error) {
	i := image{account: a, hash: h}
	if err := json.Unmarshal(object, &i.fields); err != nil {
		return i, fmt.Errorf("an image of %s: %w", a.Act(), err)
	}
	return i, nil
}

// text is a field for a cell: a string as it is, nothing for a field that is
// absent or null, and everything else as JSON writes it.
func (i image) text(field string) string {
	raw := i.fields[field]
	switch {
	case field == "hash":
		return string(i.hash)
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case raw[0] == '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	return compact(raw)
}

// object is the image as JSON in one line: its account and hash, then the fields in
// the order in which they were asked for.
func (i image) object(fields []string) []byte {
	hash, _ := json.Marshal(string(i.hash)) // a string: cannot fail
	b := fmt.Appendf(nil, `{"account":"%s","hash":%s`, i.account, hash)
	for _, f := range fields {
		if raw := i.fields[f]; len(raw) > 0 && f != "hash" {
			b = fmt.Appendf(b, `,%q:%s`, f, compact(raw))
		}
	}
	return append(b, '}')
}

// compact is JSON in one line, with what could steer a terminal escaped.
func compact(raw json.RawMessage) string {
	var line bytes.Buffer
	if err := json.Compact(&line, raw); err != nil {
		return "null" // it was decoded before
	}
	return escapeControls(line.String())
}
