package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

const (
	source = "111"
	target = "222"
)

// hash makes a hash of 32 digits from a number.
func hash(n int) string { return fmt.Sprintf("%032x", n) }

// reply is an answer with its body decoded.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
	err    error
}

// code is "code/subcode" of an error, or "".
func (r reply) code() string {
	e, ok := r.body["error"].(map[string]any)
	if !ok {
		return ""
	}
	text := "-"
	if n, ok := e["code"].(float64); ok {
		text = fmt.Sprint(int(n))
	}
	if sub, ok := e["error_subcode"].(float64); ok {
		text += fmt.Sprintf("/%d", int(sub))
	}
	return text
}

func (r reply) message() string {
	e, _ := r.body["error"].(map[string]any)
	text, _ := e["message"].(string)
	return text
}

// hashes lists the data of a page.
func (r reply) hashes() []string {
	data, _ := r.body["data"].([]any)
	var hashes []string
	for _, row := range data {
		fields, _ := row.(map[string]any)
		h, _ := fields["hash"].(string)
		hashes = append(hashes, h)
	}
	return hashes
}

// seeded is a server with a source of n images and an empty target.
func seeded(o sandbox.Options, n int) *sandbox.Server {
	s := sandbox.New(o)
	s.AddAccount(source, sandbox.AccountOptions{Name: "Source"})
	s.AddAccount(target, sandbox.AccountOptions{Name: "Target"})
	for i := range n {
		s.AddImage(source, sandbox.Image{Hash: hash(i + 1), Name: fmt.Sprintf("%d.png", i+1), Width: 600, Height: 400})
	}
	return s
}

// send makes one request with a bearer token.
func send(t *testing.T, s http.Handler, method, path, contentType, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://graph.test"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return do(t, s, req)
}

func do(t *testing.T, s http.Handler, req *http.Request) reply {
	t.Helper()
	resp, err := sandbox.Transport(s).RoundTrip(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{err: err}
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	_ = json.Unmarshal(text, &r.body) // some bodies are no JSON on purpose
	return r
}

func get(t *testing.T, s http.Handler, path string) reply {
	t.Helper()
	return send(t, s, "GET", path, "", "")
}

func post(t *testing.T, s http.Handler, path string, form url.Values) reply {
	t.Helper()
	return send(t, s, "POST", path, "application/x-www-form-urlencoded", form.Encode())
}

func copyFrom(account, hash string) url.Values {
	return url.Values{"copy_from": {fmt.Sprintf(`{"source_account_id":%q,"hash":%q}`, account, hash)}}
}

func copyImage(t *testing.T, s http.Handler, hash string) reply {
	t.Helper()
	return post(t, s, "/v25.0/act_"+target+"/adimages", copyFrom(source, hash))
}

func remove(t *testing.T, s http.Handler, hash string) reply {
	t.Helper()
	return send(t, s, "DELETE", "/v25.0/act_"+source+"/adimages?hash="+hash, "", "")
}

func statuses(images []sandbox.Image) string {
	var b bytes.Buffer
	for _, img := range images {
		fmt.Fprintf(&b, "%s=%s ", strings.TrimLeft(img.Hash, "0"), img.Status)
	}
	return strings.TrimSpace(b.String())
}
