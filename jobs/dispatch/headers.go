package dispatch

import (
	"time"

	"adferry/graph"
)

// headers says whether answers to reads carry quota headers, as far as is known.
type headers uint8

const (
	headersUnknown headers = iota
	headersMissing         // an answer that shows images carried none
	headersSent
	headersMixed // some did and some did not: that one is missing proves nothing
)

// with is what is known after one more answer.
func (h headers) with(heard headers) headers {
	if h == headersUnknown || h == heard {
		return heard
	}
	return headersMixed
}

// emptyAnswerPauses are the pauses before asking again about an image that an answer
// without a quota header did not show. Asking twice is enough where such headers
// are not known to be sent at all; where they are, the account is taken to be
// throttled, and the pauses outlast the documented blocks and an hour's budget.
// After them absence is still not proved: what depends on it is left for a later run.
var emptyAnswerPauses = [...][]time.Duration{
	headersUnknown: {time.Second},
	headersMissing: {0},
	headersMixed:   {time.Second},
	headersSent:    {time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute},
}

// NoteRead learns from an answer to a read whether reads carry quota headers.
// It reports false if the answer says nothing about that.
func (d *Dispatcher) NoteRead(r graph.Reply) bool {
	switch {
	case r.Usage.Any():
		d.headers = d.headers.with(headersSent)
	case len(r.Images) > 0:
		d.headers = d.headers.with(headersMissing)
	default:
		return false
	}
	return true
}

// ExpectHeaders takes over from an earlier process that answers to reads carry quota headers.
func (d *Dispatcher) ExpectHeaders() { d.headers = headersSent }

// HeadersSent reports whether every answer to a read carries quota headers, as far as is known.
func (d *Dispatcher) HeadersSent() bool { return d.headers == headersSent }

// AskAgain says after which pause to ask again about what an answer without a quota header did
// not show, if it was asked for again so many times; ok is false if that was often enough.
// If headers are sent, absence is still not proved then.
func (d *Dispatcher) AskAgain(times int) (pause time.Duration, ok bool) {
	pauses := emptyAnswerPauses[d.headers]
	if times >= len(pauses) {
		return 0, false
	}
	return pauses[times], true
}
