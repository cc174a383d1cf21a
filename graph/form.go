package graph

import (
	"net/url"
	"strings"
)

// form is the parameters of a request, in the order in which they are sent.
type form []param

type param struct{ name, value string }

// encode writes the parameters as application/x-www-form-urlencoded.
func (f form) encode() string {
	var b strings.Builder
	for i, p := range f {
		if i > 0 {
			b.WriteByte('&')
		}
		value := url.QueryEscape(p.value)
		b.Grow(len(p.name) + len(value) + 2)
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(value)
	}
	return b.String()
}
