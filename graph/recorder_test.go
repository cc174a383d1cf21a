package graph_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"adferry/graph"
	"adferry/graph/sandbox"
)

// recorder keeps what goes over the wire and answers like next, or with {}.
type recorder struct {
	next http.RoundTripper

	mu   sync.Mutex
	sent []sent
}

type sent struct {
	method, url string
	header      http.Header
	form        url.Values
	host        string
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	s := sent{method: req.Method, url: req.URL.String(), header: req.Header.Clone(), host: req.Host}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		if s.form, err = url.ParseQuery(string(body)); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	r.mu.Lock()
	r.sent = append(r.sent, s)
	r.mu.Unlock()
	if r.next == nil {
		return answer(200, "{}"), nil
	}
	return r.next.RoundTrip(req)
}

func (r *recorder) only(t *testing.T) sent {
	t.Helper()
	if len(r.sent) != 1 {
		t.Fatalf("got %d requests, want 1", len(r.sent))
	}
	return r.sent[0]
}

// Whatever the calls, the mode and the outcome: no URL, path, cookie or other
// header holds the token or the proof.
func TestNoSecretInAnyURL(t *testing.T) {
	for _, appSecret := range []string{"", secretText} {
		for _, fault := range []string{"", "190/463", "80004/2446079", "html_502", "cut_after", "error_200", "null"} {
			options := sandbox.Options{AppSecret: appSecret, Tokens: []string{tokenText}, AutoAccounts: true}
			if fault != "" {
				options.Script = []sandbox.Rule{{Match: sandbox.Match{}, Fault: sandbox.Fault{Name: fault}}}
			}
			server := sandbox.New(options)
			rec := &recorder{next: sandbox.Transport(server)}
			c := client(t, graph.Config{Transport: rec, AppSecret: secret(t, appSecret), Endpoint: "https://graph.test"})
			var all []graph.Call
			for _, each := range everyCall {
				c.Do(t.Context(), []graph.Call{each.call})
				if each.call.Action != graph.ActionUpload { // goes alone
					all = append(all, each.call)
				}
			}
			c.Do(t.Context(), all)
			if want := len(everyCall) + 1; len(rec.sent) != want {
				t.Errorf("got %d requests, want %d: one for each Do", len(rec.sent), want)
			}
			for _, s := range rec.sent {
				checkNoSecret(t, "URL", s.url)
				checkNoSecret(t, "host", s.host)
				for name, values := range s.header {
					if name != "Authorization" {
						checkNoSecret(t, name, strings.Join(values, " "))
					}
				}
				if !strings.HasPrefix(s.url, "https://graph.test/") {
					t.Errorf("got a request to %s", s.url)
				}
				if strings.Contains(s.form.Get("batch"), "token") || strings.Contains(s.form.Get("batch"), "proof") {
					t.Errorf("got %s, want neither in a part", s.form.Get("batch"))
				}
			}
		}
	}
}

// answer is an HTTP answer with headers as pairs.
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// wire is a connection that does what a test says.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }
