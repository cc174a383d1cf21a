package graph_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
)

// What is not the API's is told from what is: by Graph's own error, where there is
// one, then by its headers.
func TestForeignAnswers(t *testing.T) {
	const page = "<html><title>Sign in to the guest network</title></html>"
	for _, test := range []struct {
		name   string
		status int
		body   string
		header []string
		class  graph.Class
		want   string // in the message
	}{
		{"a sign-in page", 200, page, nil, graph.Foreign, "the answer from graph.test is not the API's"},
		{"a block page", 403, page, nil, graph.Foreign, "Sign in"},
		{"a sign-in page by the book", 511, page, nil, graph.Foreign, "graph.test"},
		{"a redirect", 302, "", []string{"Location", "https://user:pass@login.test/x"}, graph.Foreign, "a redirect to login.test"},
		{"a redirect that goes nowhere", 307, page, []string{"X-Fb-Rev", "1"}, graph.Foreign, "a redirect to another page"},
		{"an empty 401", 401, "", nil, graph.Foreign, "graph.test"},
		{"an empty 200", 200, "", nil, graph.Foreign, "graph.test"},
		{"a gateway's own JSON", 403, `{"message":"Forbidden"}`, nil, graph.Foreign, "graph.test"},
		{"a gateway's error in JSON", 403, `{"error":{"code":403,"message":"blocked","status":"PERMISSION_DENIED"}}`, nil, graph.Foreign, "blocked"},
		{"an error that is a word", 401, `{"error":"unauthorized"}`, nil, graph.Foreign, "unauthorized"},
		{"a proxy's server error", 503, page, nil, graph.Transient, "API, from graph.test"},
		{"Graph's server error", 502, page, []string{"X-Fb-Debug", "x"}, graph.Transient, "Sign in"},
		{"half of Graph's answer", 200, `{"data":[{"ha`, []string{"Facebook-Api-Version", "v25.0"}, graph.Transient, "not a JSON"},
		{"Graph's challenge", 401, "", []string{"Www-Authenticate", `OAuth "Facebook Platform" "invalid_token" "x"`}, graph.Transient, "not a JSON"},
		{"another challenge", 401, "", []string{"Www-Authenticate", `Basic realm="proxy"`}, graph.Foreign, "graph.test"},
		{"Graph's error, whatever the status", 403, `{"error":{"message":"m","type":"OAuthException","code":190}}`, nil, graph.RefusedRun, "m"},
		{"Graph's error beside a redirect", 302, `{"error":{"message":"m","type":"OAuthException","code":80004}}`, nil, graph.ThrottledAccount, "m"},
		{"Graph's error under 429", 429, `{"error":{"message":"m","code":2}}`, nil, graph.Transient, "m"},
		{"429 alone", 429, "", nil, graph.ThrottledApp, "too many requests"},
		{"429 with a page", 429, page, []string{"X-Fb-Rev", "1"}, graph.ThrottledApp, "too many requests"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, graph.Config{Endpoint: "https://graph.test", Transport: wire(func(*http.Request) (*http.Response, error) {
				return answer(test.status, test.body, test.header...), nil
			})})
			for _, calls := range [][]graph.Call{{graph.Copy("2", "1", hashA)}, {graph.Delete("1", hashA), graph.Delete("2", hashA)}, {graph.WhoAmI()}} {
				for _, r := range c.Do(t.Context(), calls) {
					lost := test.class == graph.Foreign || test.class == graph.Transient
					if r.Err == nil || r.Err.Class != test.class || r.Err.Lost != lost || !strings.Contains(r.Err.Error(), test.want) || strings.Contains(r.Err.Error(), "pass") {
						t.Errorf("%v: got %v, %v, want %v and %q", calls[0].Action, r.Err.Class, r.Err, test.class, test.want)
					}
				}
			}
		})
	}
}

// What a part of a batch says is Graph's, headers or not: the envelope is.
func TestForeignIsNoPartOfBatch(t *testing.T) {
	body := `[{"code":502,"body":"<html>"},{"code":429,"headers":[{"name":"Retry-After","value":"7"}],"body":""}]`
	c := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) { return answer(200, body), nil })})
	r := c.Do(t.Context(), []graph.Call{graph.Delete("1", hashA), graph.Delete("2", hashA)})
	if r[0].Err.Class != graph.Transient || r[1].Err.Class != graph.ThrottledApp || r[1].Err.Lost || r[1].Err.RetryAfter != 7*time.Second {
		t.Errorf("got %+v and %+v", r[0].Err, r[1].Err)
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		date := time.Now().Add(-time.Hour).UTC() // the server's clock is slow
		for _, test := range []struct {
			value string
			want  time.Duration
		}{
			{"", 0}, {"0", 0}, {"90", 90 * time.Second}, {" 1.5 ", 1500 * time.Millisecond}, {"-5", 0}, {"soon", 0}, {"1e300", 48 * time.Hour}, {"NaN", 0},
			{date.Add(10 * time.Minute).Format(http.TimeFormat), 10 * time.Minute},
			{date.Add(-time.Minute).Format(http.TimeFormat), 0},
			{"Fri, 31 Dec 9999 23:59:59 GMT", 48 * time.Hour},
		} {
			c := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) {
				return answer(503, "", "Retry-After", test.value, "Date", date.Format(http.TimeFormat)), nil
			})})
			got := c.Do(t.Context(), []graph.Call{graph.WhoAmI()})[0].Err.RetryAfter
			if (got - test.want).Abs() > time.Second {
				t.Errorf("%q: got %v, want %v", test.value, got, test.want)
			}
		}
	})
}

// Nothing of a request was sent that got no connection, however that came about.
func TestNoConnection(t *testing.T) {
	deaf := listener(t, func(conn net.Conn) { conn.Close() })
	plain := listener(t, func(conn net.Conn) { _, _ = io.WriteString(conn, "220 mail.test ESMTP\r\n"); conn.Close() })
	for name, endpoint := range map[string]string{"closed at once": deaf, "no TLS": plain} {
		r := client(t, graph.Config{Endpoint: "https://" + endpoint}).Do(t.Context(), []graph.Call{graph.Delete("1", hashA)})[0]
		if r.Err == nil || r.Err.Class != graph.Unreachable || r.Err.Lost {
			t.Errorf("%s: got %v, want no connection", name, r.Err)
		}
	}
	r := client(t, graph.Config{Endpoint: "http://" + deaf}).Do(t.Context(), []graph.Call{graph.Delete("1", hashA)})[0]
	if r.Err == nil || r.Err.Class != graph.Transient || !r.Err.Lost {
		t.Errorf("closed after the request: got %v, want a lost answer", r.Err)
	}
}

// A process that has no descriptor left for a connection sent nothing.
func TestNoDescriptor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"1"}`) }))
	defer server.Close()
	c := client(t, graph.Config{Endpoint: server.URL})
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOMEM} {
		broke := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errno}
		})})
		if r := broke.Do(t.Context(), []graph.Call{graph.Delete("1", hashA)})[0]; r.Err == nil || r.Err.Class != graph.Unreachable || r.Err.Lost {
			t.Errorf("%v: got %v, want no connection", errno, r.Err)
		}
	}
	if r := c.Do(t.Context(), []graph.Call{graph.WhoAmI()})[0]; r.Err != nil {
		t.Error(r.Err)
	}
}

// listener accepts connections and does that with each.
func listener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
		}
	}()
	return l.Addr().String()
}
