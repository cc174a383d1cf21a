package dispatch

import (
	"time"
)

// Headers says whether answers to reads carry quota headers, as far as is known.
type Headers uint8

const (
	headersUnknown Headers = iota
	HeadersMissing         // an answer that shows images carried none
	HeadersSent
	HeadersMixed // some did and some did not: that one is missing proves nothing
)

// With is what is known after one more answer.
func (h Headers) With(heard Headers) Headers {
	if h == headersUnknown || h == heard {
		return heard
	}
	return HeadersMixed
}

// EmptyAnswerPauses are the pauses before asking again about an image that an answer
// without a quota header did not show. Asking twice is enough where such headers
// are not known to be sent at all; where they are, the account is taken to be
// throttled, and the pauses outlast the documented blocks and an hour's budget.
// After them absence is still not proved: what depends on it is left for a later run.
var EmptyAnswerPauses = [...][]time.Duration{
	headersUnknown: {time.Second},
	HeadersMissing: {0},
	HeadersMixed:   {time.Second},
	HeadersSent:    {time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute},
}
