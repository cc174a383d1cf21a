package graph

import "slices"

// form is the parameters of a request, in the order in which they are sent.
type form []param

type param struct{ name, value string }

// encode writes the parameters as application/x-www-form-urlencoded.
func (f form) encode() string { return string(f.appendTo(nil)) }

// appendTo appends them in that form.
func (f form) appendTo(text []byte) []byte {
	for i, p := range f {
		if i > 0 {
			text = append(text, '&')
		}
		text = append(append(text, p.name...), '=')
		text = appendEscaped(text, p.value)
	}
	return text
}

// appendEscaped appends a value as url.QueryEscape writes it, of which nothing is left over.
func appendEscaped[T string | []byte](text []byte, value T) []byte {
	const digits = "0123456789ABCDEF"
	escaped := 0
	for i := range len(value) {
		if !unreserved(value[i]) && value[i] != ' ' {
			escaped++
		}
	}
	text = slices.Grow(text, len(value)+2*escaped)
	for i := range len(value) {
		switch c := value[i]; {
		case unreserved(c):
			text = append(text, c)
		case c == ' ':
			text = append(text, '+')
		default:
			text = append(text, '%', digits[c>>4], digits[c&15])
		}
	}
	return text
}

// unreserved reports whether a character stands for itself (RFC 3986, section 2.3).
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}
