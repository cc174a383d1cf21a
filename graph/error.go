package graph

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Error is a failed call: what the API said, or why there is no valid answer.
type Error struct {
	Class Class
	// Lost is set if the call may have taken effect, which only reading can show. It is
	// never set for a throttle, a refusal or a connection that failed.
	Lost bool
	// RetryAfter is the wait in the Retry-After header, at most two days; 0 without one.
	RetryAfter time.Duration

	HTTP        int    // status of the answer, 0 without one
	Code        int    // Graph API code, 0 if the answer has no Graph error
	Subcode     int    // error_subcode
	Type        string // OAuthException, GraphMethodException, ...
	Message     string // message, or what is wrong with the answer
	UserTitle   string // error_user_title, localised
	UserMessage string // error_user_msg, localised
	Transient   bool   // is_transient
	TraceID     string // fbtrace_id

	envelope    bool   // the answer has a Graph error
	fromAPI     bool   // the answer is certainly the API's
	wholeBatch  bool   // it is the error of a whole batch
	secretProof bool   // the message is about appsecret_proof
	raw         []byte // the answer, if it cannot be parsed; Client.scrub adds an excerpt to Message
	cause       error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.UserMessage != "" && e.UserMessage != e.Message {
		b.WriteString(": ")
		if e.UserTitle != "" {
			b.WriteString(e.UserTitle + ": ")
		}
		b.WriteString(e.UserMessage)
	}
	switch {
	case e.Code != 0 && e.Subcode != 0:
		fmt.Fprintf(&b, " (code %d/%d)", e.Code, e.Subcode)
	case e.Code != 0:
		fmt.Fprintf(&b, " (code %d)", e.Code)
	case e.HTTP != 0:
		fmt.Fprintf(&b, " (HTTP %d)", e.HTTP)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.cause }

// Silent reports whether the failure may not come from the API: the connection failed,
// the answer was cut off, or it is the error page of some server. If all answers are
// like that, the API cannot be reached.
func (e *Error) Silent() bool { return e.Class == Transient && !e.envelope && !e.fromAPI }

// Detail is what the API says to people: title and text of the user message, if there is
// one, and the technical message.
func (e *Error) Detail() string {
	parts := make([]string, 0, 3)
	for _, s := range []string{e.UserTitle, e.UserMessage, e.Message} {
		if s = strings.TrimSpace(s); s != "" && (len(parts) == 0 || parts[len(parts)-1] != s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// lostAnswer is an answer that does not tell the outcome, so that a write may have taken effect.
func lostAnswer(status int, cause error, format string, args ...any) *Error {
	return &Error{Class: Transient, Lost: true, HTTP: status, Message: fmt.Sprintf(format, args...), cause: cause}
}

// unreadable is an answer that cannot be parsed, so that a write may have taken effect.
func unreadable(status int, body []byte, what string) *Error {
	return &Error{Class: Transient, Lost: true, HTTP: status, Message: what, raw: bytes.Clone(body[:min(len(body), maxExcerpt)])}
}

// failure reads a Graph error as documented; nil if it is null. error_data is left out: it may
// be an object or a string, and is not needed.
func (j *jsonReader) failure(status int) *Error {
	switch j.kind() {
	case 'n':
		return nil
	case '{':
	default:
		return unreadable(status, j.raw(), "the error cannot be parsed")
	}
	e := &Error{HTTP: status}
	for name := range j.members() {
		switch string(name) {
		case "message":
			e.Message, _ = j.string()
		case "type":
			e.Type, _ = j.string()
		case "code":
			e.Code = j.number().toInt()
		case "error_subcode":
			e.Subcode = j.number().toInt()
		case "error_user_title":
			e.UserTitle, _ = j.string()
		case "error_user_msg":
			e.UserMessage, _ = j.string()
		case "is_transient":
			e.Transient, _ = j.bool()
		case "fbtrace_id":
			e.TraceID, _ = j.string()
		}
	}
	// An empty error object says nothing and may be anybody's.
	e.envelope = e.Code != 0 || e.Type != "" || e.TraceID != ""
	// The parameter's name is not localised, and the API has no subcode for it.
	e.secretProof = strings.Contains(e.Message, "appsecret_proof")
	if e.Message == "" {
		e.Message = "the API gave no message"
	}
	if e.Type == "GraphBatchException" && e.Code == 0 {
		e.Class = RefusedItem
		return e
	}
	e.Class = classify(e)
	e.Lost = e.Class == Transient
	return e
}

// excerpt is the start of an unexpected answer, in quotes and on one line.
func excerpt(body string) string {
	const most = 120
	s := strings.Join(strings.Fields(strings.ToValidUTF8(body[:min(len(body), 4*most)], "?")), " ")
	if s == "" {
		return "it is empty"
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
