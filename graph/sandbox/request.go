package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
)

// maxBody bounds a request, in bytes. A batch of fifty uploads of a megabyte fits, with
// Base64 and escapes.
const maxBody = 128 << 20

// request is a parsed HTTP request.
type request struct {
	method string
	path   string
	query  url.Values
	form   url.Values
	files  []file
	bearer string
	accept string
	base   string // scheme and host that the caller used
}

type file struct {
	field, name string
	data        []byte
}

var errBody = errors.New("cannot read request body")

func readRequest(w http.ResponseWriter, r *http.Request) (*request, error) {
	q := &request{
		method: r.Method,
		path:   r.URL.Path,
		query:  parsePairs(r.URL.RawQuery),
		accept: r.Header.Get("Accept"),
		base:   base(r),
	}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		q.bearer = strings.TrimSpace(token)
	}
	if r.Body == nil {
		return q, nil
	}
	body := http.MaxBytesReader(w, r.Body, maxBody)
	kind, args, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return q, q.readParts(multipart.NewReader(body, args["boundary"]))
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return q, fmt.Errorf("%w: %w", errBody, err)
	}
	if kind == "application/json" && len(bytes.TrimSpace(text)) > 0 {
		q.form, err = parseObject(text)
		return q, err
	}
	q.form = parsePairs(string(text))
	return q, nil
}

func (q *request) readParts(r *multipart.Reader) error {
	q.form = url.Values{}
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errBody, err)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("%w: %w", errBody, err)
		}
		if name := part.FileName(); name != "" {
			q.files = append(q.files, file{part.FormName(), name, data})
		} else {
			q.form.Add(part.FormName(), string(data))
		}
	}
}

// base is the scheme and host that the caller used, for links to this server.
func base(r *http.Request) string {
	scheme := r.URL.Scheme // set if the request came through Transport
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default:
		scheme = "http"
	}
	return scheme + "://" + r.Host
}

// parsePairs parses a query as leniently as PHP: it accepts unescaped quotes and brackets,
// and keeps invalid escapes as they are.
func parsePairs(text string) url.Values {
	values := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		values.Add(unescape(key), unescape(value))
	}
	return values
}

func unescape(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}

// parseObject parses a JSON body as form values: strings as they are, others as JSON. The
// official Node SDK posts such bodies.
func parseObject(text []byte) (url.Values, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("%w: not a JSON object", errBody)
	}
	values := url.Values{}
	for key, raw := range object {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		} else if string(raw) == "null" {
			continue
		}
		values.Set(key, s)
	}
	return values, nil
}
