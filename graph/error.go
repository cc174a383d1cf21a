package graph

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Error is a call that did not succeed: what the API said, or why there is no
// answer to rely on.
type Error struct {
	Class Class
	// Lost: the call may have taken effect and no answer says so. Only reading
	// tells. Never set for a throttle, a refusal or a connection not made.
	Lost bool
	// RetryAfter is the wait that the answer named, in the Retry-After header; at
	// most two days.
	RetryAfter time.Duration

	HTTP        int    // status of the answer, 0 without one
	Code        int    // Graph API code, 0 when the answer was not an error envelope
	Subcode     int    // error_subcode
	Type        string // OAuthException, GraphMethodException, ...
	Message     string // message, or what went wrong with the answer
	UserTitle   string // error_user_title, localised
	UserMessage string // error_user_msg, localised
	Transient   bool   // is_transient
	TraceID     string // fbtrace_id

	envelope    bool // the API's own error was read
	certain     bool // the answer is surely the API's, whatever it says
	whole       bool // it is of a batch as a whole
	secretProof bool
	unread      []byte // the answer that could not be read: Message shows its start in the end
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

// Silent reports a failure in which the API said nothing: the connection failed,
// or the answer was cut off or is some server's error page. Where nothing else
// comes, there may be no API at the other end.
func (e *Error) Silent() bool { return e.Class == Transient && !e.envelope && !e.certain }

// Detail is the API's own words for people: the user message where there is
// one, beside the technical one.
func (e *Error) Detail() string {
	parts := make([]string, 0, 3)
	for _, s := range []string{e.UserTitle, e.UserMessage, e.Message} {
		if s = strings.TrimSpace(s); s != "" && (len(parts) == 0 || parts[len(parts)-1] != s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// lost is an answer that does not say what happened.
func lost(status int, cause error, format string, args ...any) *Error {
	return &Error{Class: Transient, Lost: true, HTTP: status, Message: fmt.Sprintf(format, args...), cause: cause}
}

// unread is an answer in a shape that does not say what happened.
func unread(status int, body []byte, what string) *Error {
	return &Error{Class: Transient, Lost: true, HTTP: status, Message: what, unread: body}
}

// envelope is the documented shape of an error. Numbers are read leniently, and
// error_data is left out: it comes as an object or as a string and decides
// nothing.
type envelope struct {
	Message     string `json:"message"`
	Type        string `json:"type"`
	Code        number `json:"code"`
	Subcode     number `json:"error_subcode"`
	UserTitle   string `json:"error_user_title"`
	UserMessage string `json:"error_user_msg"`
	Transient   bool   `json:"is_transient"`
	TraceID     string `json:"fbtrace_id"`
}

// parseError reads the error of an answer; nil when there is none. HTTP 200 may
// carry one, too.
func parseError(status int, body []byte) *Error {
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Success json.RawMessage `json:"success"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return unread(status, body, "the answer is no JSON object")
	}
	if len(answer.Error) == 0 || string(answer.Error) == "null" {
		if status < 200 || status > 299 {
			return lost(status, nil, "the API answered HTTP %d without an error", status)
		}
		// Meta's Python SDK takes this for a failure, whatever stands beside it.
		if s := string(answer.Success); s != "" && s != "null" && s != "true" {
			return unread(status, body, "the API answered without success and without an error")
		}
		return nil
	}
	var v envelope
	if !readObject(answer.Error, &v) {
		return unread(status, answer.Error, "the error is not readable")
	}
	e := &Error{
		HTTP: status, Code: v.Code.whole(), Subcode: v.Subcode.whole(), Type: v.Type, Message: v.Message,
		UserTitle: v.UserTitle, UserMessage: v.UserMessage, Transient: v.Transient, TraceID: v.TraceID,
	}
	// Of a row of bare braces nothing can be learned.
	e.envelope = e.Code != 0 || e.Type != "" || e.TraceID != ""
	// The parameter's name is not localised; the API has no subcode for this.
	e.secretProof = strings.Contains(v.Message, "appsecret_proof")
	if e.Message == "" {
		e.Message = "the API gave no message"
	}
	if v.Type == "GraphBatchException" && e.Code == 0 {
		e.Class = RefusedItem
		return e
	}
	e.Class = classify(e)
	e.Lost = e.Class == Transient
	return e
}

// excerpt shows the start of an unexpected body in one line.
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
