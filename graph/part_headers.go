package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// partHeaders are the headers of an entry of a batch answer, as far as they are read.
type partHeaders struct {
	values [len(partHeaderNames)]string
	more   []string // what a second header with the name partBusiness has, and further ones
}

var partHeaderNames = [...]string{
	"X-App-Usage", "X-Ad-Account-Usage", "Retry-After", "Date",
	partNotice:   noticeHeader,
	partBusiness: businessHeader,
}

// Indexes of partHeaderNames.
const (
	partNotice   = 4
	partBusiness = 5
)

// read reads an object with the name and the value of a header. A text that is also in before is
// taken from there.
func (p *partHeaders) read(j *jsonReader, before *partHeaders) {
	const unnamed, unwanted = -1, -2
	at, value := unnamed, ""
	for member := range j.members() {
		switch string(member) {
		case "name":
			if at = partHeader(j); at < 0 {
				at = unwanted
			}
		case "value":
			switch at {
			case unwanted:
			case unnamed:
				value, _ = j.string()
			default:
				value = j.stringLike(before.values[at])
			}
		}
	}
	switch {
	case at < 0:
	case p.values[at] == "":
		p.values[at] = value
	case at == partBusiness:
		p.more = append(p.more, value)
	}
}

// partHeader reads the name of a header. It is -1 if that is none of partHeaderNames.
func partHeader(j *jsonReader) int {
	if j.kind() != '"' {
		return -1
	}
	j.text, _ = jsontext.AppendUnquote(j.text[:0], j.raw())
	return slices.IndexFunc(partHeaderNames[:], func(name string) bool { return strings.EqualFold(name, string(j.text)) })
}

func (p *partHeaders) equal(other *partHeaders) bool {
	return p.values == other.values && slices.Equal(p.more, other.more)
}

func (p *partHeaders) header() http.Header {
	h := http.Header{}
	for i, value := range p.values {
		if value != "" {
			h[partHeaderNames[i]] = []string{value}
		}
	}
	for _, value := range p.more {
		h.Add(businessHeader, value)
	}
	return h
}
