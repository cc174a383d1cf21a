package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// An answer is what one call gets. It may be sent alone or in a batch.
type answer struct {
	status   int
	header   []headerField
	body     []byte
	delivery delivery
	mixUp    faultKind // how a batch mixes up its answers to copies
}

// headerField is a header in the form of a batch entry.
type headerField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// delivery says whether and how an answer fails to arrive.
type delivery uint8

const (
	lossNone      delivery = iota
	connectionCut          // the connection is cut
	noAnswer               // the client gets no answer
	entryNull              // the entry of the batch is null
	entryEmpty             // the entry of the batch is {}
)

func (a *answer) set(name, value string) {
	a.header = append(a.header, headerField{name, value})
}

// reply makes an answer of any JSON value.
func reply(v any) answer { return answer{status: http.StatusOK, body: encode(v)} }

func success() answer { return answer{status: http.StatusOK, body: []byte(`{"success":true}`)} }

// encode writes JSON as Graph does, slashes escaped.
func encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return []byte(`{"error":{}}`) // cannot happen with our types
	}
	return escapeSlashes(bytes.TrimRight(buf.Bytes(), "\n"))
}

// escapeSlashes may change the whole text, because JSON has slashes in strings only.
func escapeSlashes(text []byte) []byte {
	return bytes.ReplaceAll(text, []byte("/"), []byte(`\/`))
}

// envelope is the error body of
// https://developers.facebook.com/docs/graph-api/guides/error-handling
type envelope struct {
	Error struct {
		Message   string `json:"message"`
		Type      string `json:"type"`
		Code      int    `json:"code,omitempty"`
		Subcode   int    `json:"error_subcode,omitempty"`
		Transient bool   `json:"is_transient,omitempty"`
		Title     string `json:"error_user_title,omitempty"`
		Detail    string `json:"error_user_msg,omitempty"`
		Trace     string `json:"fbtrace_id,omitempty"`
	} `json:"error"`
}

func (f *failure) answer(trace string) answer {
	var e envelope
	e.Error.Message, e.Error.Type = f.message, f.kind
	e.Error.Code, e.Error.Subcode = f.code, f.sub
	e.Error.Transient, e.Error.Title, e.Error.Detail = f.transient, f.title, f.detail
	e.Error.Trace = trace
	a := answer{status: f.status, body: encode(e)}
	if f.kind == "OAuthException" {
		a.set("WWW-Authenticate", `OAuth "Facebook Platform" "`+f.challenge()+`" `+strconv.Quote(f.message))
	}
	return a
}

func (f *failure) challenge() string {
	switch f.code {
	case 190:
		return "invalid_token"
	case 1:
		return "unknown_error"
	}
	return "invalid_request"
}

// contentType depends on Accept, as Graph's does.
func contentType(accept string) string {
	if strings.Contains(accept, "json") {
		return "application/json; charset=UTF-8"
	}
	return "text/javascript; charset=UTF-8"
}

// graphHeaders are the headers that answers and batch entries share.
func graphHeaders(version, accept string) []headerField {
	return []headerField{
		{"Content-Type", contentType(accept)},
		{"facebook-api-version", version},
		{"Cache-Control", "private, no-cache, no-store, must-revalidate"},
		{"Pragma", "no-cache"},
		{"Expires", "Sat, 01 Jan 2000 00:00:00 GMT"},
		{"Access-Control-Allow-Origin", "*"},
		{"Strict-Transport-Security", "max-age=15552000; preload"},
		{"Vary", "Accept-Encoding"},
	}
}
