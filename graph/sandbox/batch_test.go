package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

// result is one entry of a batch answer; nil is null.
type result struct {
	Code    int
	Headers []struct{ Name, Value string }
	Body    string
}

func TestBatch(t *testing.T) {
	s := seeded(sandbox.Options{}, 2)
	results := runBatch(t, s, nil,
		copyEntry(hash(1)),
		map[string]any{"method": "DELETE", "relative_url": "v25.0/act_111/adimages?hash=" + hash(2)},
		map[string]any{"method": "GET", "relative_url": `act_222/adimages?fields=hash&hashes=["` + hash(1) + `"]`},
		map[string]any{"method": "DELETE", "relative_url": "/v24.0/act_111/adimages"},
		map[string]any{"method": "DELETE", "relative_url": "act_111/adimages", "body": "hash=" + hash(1)},
	)
	want := []struct {
		code int
		body string
	}{
		{200, `{"images":{"` + hash(1)}, {200, `{"success":true}`}, {200, `{"data":[{"hash":"` + hash(1)},
		{400, `{"error":{"message":"(#100) The parameter hash is required"`}, {200, `{"success":true}`},
	}
	for i, w := range want {
		if r := results[i]; r == nil || r.Code != w.code || !strings.HasPrefix(r.Body, w.body) {
			t.Errorf("entry %d: got %+v, want %d %s", i, r, w.code, w.body)
		}
	}
	if got := header(results[3], "facebook-api-version"); got != "v24.0" {
		t.Errorf("version of entry 3 is %q, want its own, v24.0", got)
	}
	// Every entry tells the usage of its own account, failed ones too.
	for i, id := range []string{"222", "111", "222", "111", "111"} {
		if got := header(results[i], "X-Business-Use-Case-Usage"); !strings.HasPrefix(got, `{"`+id+`":[{`) {
			t.Errorf("usage of entry %d is %q, want account %s", i, got, id)
		}
	}
	if st := s.Stats(); st.Requests != 1 || st.Calls[sandbox.Delete] != 3 || st.Accounts["111"].Calls[sandbox.Delete] != 3 {
		t.Errorf("stats %+v, want one request with 3 deletions", st)
	}
}

func TestBatchWithoutHeaders(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	results := runBatch(t, s, url.Values{"include_headers": {"false"}}, copyEntry(hash(1)))
	if results[0].Code != 200 || results[0].Headers != nil {
		t.Errorf("got %+v, want 200 without headers", results[0])
	}
}

func TestBatchTokens(t *testing.T) {
	s := seeded(sandbox.Options{Tokens: []string{"token", "own"}}, 1)
	read := map[string]any{"method": "GET", "relative_url": "act_111/adimages"}
	results := runBatch(t, s, nil, read,
		map[string]any{"method": "GET", "relative_url": "act_111/adimages?access_token=own"},
		map[string]any{"method": "GET", "relative_url": "act_111/adimages?access_token=bad"})
	if results[0].Code != 200 || results[1].Code != 200 || results[2].Code != 400 {
		t.Errorf("got %d, %d, %d; want 200, 200, 400", results[0].Code, results[1].Code, results[2].Code)
	}
}

func TestBatchRefused(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	long := "[" + strings.TrimSuffix(strings.Repeat(`{"method":"GET","relative_url":"me"},`, 51), ",") + "]"
	tests := []struct {
		name, batch string
		status      int
		words       string
	}{
		{"too long", long, 200, `{"error":{"message":"Too many requests in batch message. Maximum batch size is 50","type":"GraphBatchException","fbtrace_id"`},
		{"no array", `{}`, 400, "batch parameter must be a JSON array"},
		{"empty", `[]`, 400, "No requests"},
		{"nested", `[{"method":"POST","relative_url":"","body":"batch=[]"}]`, 200, "A batch cannot hold another batch"},
		{"dependent", `[{"method":"GET","relative_url":"me","depends_on":"x"}]`, 200, "does not support dependent requests"},
		{"substitution", `[{"method":"GET","relative_url":"act_111/adimages?hashes={result=x:$.y}"}]`, 200, "does not support dependent requests"},
		{"no such method", `[{"method":"PATCH","relative_url":"act_111/adimages"}]`, 200, "Unsupported patch request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := post(t, s, "/v25.0", url.Values{"batch": {tt.batch}})
			if r.status != tt.status || !strings.Contains(r.text, tt.words) {
				t.Errorf("got %d %s\nwant %d with %s", r.status, r.text, tt.status, tt.words)
			}
		})
	}
	s = seeded(sandbox.Options{Variants: sandbox.Variants{BatchLimitStatus: 400}}, 1)
	if r := post(t, s, "/", url.Values{"batch": {long}}); r.status != 400 {
		t.Errorf("too long, the other way: got HTTP %d, want 400", r.status)
	}
}

func TestBatchAttachedFiles(t *testing.T) {
	s := seeded(sandbox.Options{}, 0)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("batch", `[{"method":"POST","relative_url":"act_222/adimages","attached_files":"one, two"}]`)
	for _, name := range []string{"one", "two", "three"} {
		part, _ := w.CreateFormFile(name, name+".png")
		fmt.Fprint(part, name)
	}
	w.Close()
	send(t, s, "POST", "/", w.FormDataContentType(), body.String())
	if got := len(s.Images(target)); got != 2 {
		t.Errorf("target holds %d images, want the two attached", got)
	}
}

// A batch takes as long as its slowest entry, not as all of them.
func TestBatchLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, 50)
		var entries []any
		for i := range 50 {
			entries = append(entries, copyEntry(hash(i+1)))
		}
		began := time.Now()
		runBatch(t, s, nil, entries...)
		if took := time.Since(began); took < 1500*time.Millisecond || took > 2*time.Second {
			t.Errorf("50 entries took %v, want nearly 2 s", took)
		}
	})
}

func copyEntry(hash string) map[string]any {
	return map[string]any{"method": "POST", "relative_url": "v25.0/act_222/adimages", "body": copyFrom(source, hash).Encode()}
}

func runBatch(t *testing.T, s http.Handler, form url.Values, entries ...any) []*result {
	t.Helper()
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	if form == nil {
		form = url.Values{}
	}
	form.Set("batch", string(text))
	r := post(t, s, "/v25.0/", form)
	var results []*result
	if err := json.Unmarshal([]byte(r.text), &results); err != nil || len(results) != len(entries) {
		t.Fatalf("batch answered %d %s (%v), want %d entries", r.status, r.text, err, len(entries))
	}
	return results
}

func header(r *result, name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
