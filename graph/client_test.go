package graph_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
)

func TestNewEndpoint(t *testing.T) {
	for _, test := range []struct {
		endpoint string
		want     string // start of the error
	}{
		{"", ""},
		{"https://graph.facebook.com", ""},
		{"https://graph.facebook.com/", ""},
		{"https://graph.example:8443", ""},
		{"http://localhost:8080", ""},
		{"http://127.0.0.1:8080/", ""},
		{"http://127.8.9.10", ""},
		{"http://[::1]:8080", ""},
		{"http://graph.facebook.com", "the endpoint http://graph.facebook.com would send the access token unencrypted"},
		{"HTTP://graph.facebook.com", "the endpoint http://graph.facebook.com would send"},
		{"http://localhost.example", "the endpoint http://localhost.example would send"},
		{"http://127.0.0.1.example:80", "the endpoint http://127.0.0.1.example:80 would send"},
		{"http://2130706433", "the endpoint http://2130706433 would send"},
		{"http://0.0.0.0", "the endpoint http://0.0.0.0 would send"},
		{"http://10.0.0.1", "the endpoint http://10.0.0.1 would send"},
		{"http://[fe80::1]", "the endpoint http://[fe80::1] would send"},
		{"graph.facebook.com", "the endpoint must be a URL"},
		{"graph.facebook.com?access_token=" + tokenText, "the endpoint must be a URL"},
		{"https://graph.facebook.com:x/?access_token=" + tokenText, "the endpoint must be a URL"},
		{"https://", "the endpoint must be a URL"},
		{"https://:443", "the endpoint must be a URL"},
		{"https:graph.facebook.com", "the endpoint must be a URL"},
		{"ftp://graph.facebook.com", "the endpoint ftp://graph.facebook.com must use https"},
		{"https://user:" + secretText + "@graph.facebook.com", "the endpoint on graph.facebook.com must have only scheme and host"},
		{"https://graph.facebook.com/v25.0", "the endpoint on graph.facebook.com must have"},
		{"https://graph.facebook.com?access_token=" + tokenText, "the endpoint on graph.facebook.com must have"},
		{"https://graph.facebook.com#x", "the endpoint on graph.facebook.com must have"},
	} {
		_, err := graph.New(graph.Config{Endpoint: test.endpoint, Token: secret(t, tokenText)})
		switch {
		case err == nil && test.want != "":
			t.Errorf("%s: got no error, want %q", test.endpoint, test.want)
		case err != nil && (test.want == "" || !strings.HasPrefix(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.endpoint, err, test.want)
		case err != nil:
			checkNoSecret(t, "error", err.Error())
		}
	}
}

func TestNewVersionAndToken(t *testing.T) {
	for _, version := range []string{"", "v25.0", "v9.0", "v100.12"} {
		if _, err := graph.New(graph.Config{Version: version, Token: secret(t, tokenText)}); err != nil {
			t.Errorf("%q: got %v", version, err)
		}
	}
	for _, version := range []string{"25.0", "v25", "v25.", "v.0", "vv25.0", "v25.0.1", "v2x5.0", "v25.0/", "latest", " v25.0", "V25.0"} {
		if _, err := graph.New(graph.Config{Version: version, Token: secret(t, tokenText)}); err == nil {
			t.Errorf("%q: got no error", version)
		}
	}
	if _, err := graph.New(graph.Config{}); err == nil || err.Error() != "no access token" {
		t.Errorf("got %v, want no access token", err)
	}
}

// What surely never left is told apart from what may have arrived.
func TestDoWithoutAnswer(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for _, test := range []struct {
		name  string
		err   error
		class graph.Class
		want  string
	}{
		{"refused", dial, graph.Unreachable, "no connection to the API: dial tcp: connection refused"},
		{"no such host", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "graph.test"}}, graph.Unreachable, "no connection to the API: dial tcp: lookup graph.test: no such host"},
		{"no proxy", &net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial}, graph.Unreachable, "no connection to the API: proxyconnect tcp: dial tcp: connection refused"},
		{"a certificate of somebody else", &tls.CertificateVerificationError{Err: errors.New("bad name")}, graph.Unreachable, "no connection to the API: tls: failed to verify certificate: bad name"},
		{"reset", &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}, graph.Transient, "the connection failed: read tcp: connection reset by peer"},
		{"broken pipe", &net.OpError{Op: "write", Net: "tcp", Err: errors.New("broken pipe")}, graph.Transient, "the connection failed: write tcp: broken pipe"},
		{"closed", io.EOF, graph.Transient, "the connection failed: EOF"},
		{"time out", context.DeadlineExceeded, graph.Transient, "no answer in time"},
		{"stopped", context.Canceled, graph.Transient, "the connection failed: context canceled"},
		{"a secret in the text", errors.New("proxy said " + tokenText), graph.Transient, "the connection failed: proxy said [redacted]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) { return nil, test.err })})
			for _, calls := range [][]graph.Call{{graph.Delete("1", hashA)}, {graph.Delete("1", hashA), graph.Copy("2", "1", hashB)}} {
				replies := c.Do(t.Context(), calls)
				if len(replies) != len(calls) {
					t.Fatalf("got %d replies to %d calls", len(replies), len(calls))
				}
				for _, r := range replies {
					if r.Err == nil || r.Err.Class != test.class || r.Err.Lost != (test.class == graph.Transient) || r.Err.Message != test.want || r.Status != 0 {
						t.Errorf("got %v, HTTP %d, %+v, want %v, %q", r.Err, r.Status, r.Err, test.class, test.want)
					} else if !errors.Is(r.Err, test.err) {
						t.Errorf("got %v, want it to wrap its cause", r.Err)
					}
				}
			}
		})
	}
}

func TestDoTimeout(t *testing.T) {
	for _, test := range []struct{ timeout, want time.Duration }{{0, 90 * time.Second}, {5 * time.Second, 5 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, graph.Config{Timeout: test.timeout, Transport: wire(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})})
			began := time.Now()
			got := c.Do(t.Context(), []graph.Call{graph.Copy("2", "1", hashA)})[0].Err
			if took := time.Since(began); took != test.want || got == nil || got.Message != "no answer in time" || !got.Lost {
				t.Errorf("got %v after %v, want a lost answer after %v", got, took, test.want)
			}
		})
	}
}

// An answer that stops half way still said its quota.
func TestDoAnswerBreaksOff(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(`{"images":{"`), &failing{errors.New("unexpected EOF for " + url.QueryEscape(tokenText))})
	c := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) {
		a := answer(200, "", "X-Business-Use-Case-Usage", `{"2":[{"call_count":77}]}`)
		a.Body = io.NopCloser(broken)
		return a, nil
	})})
	got := c.Do(t.Context(), []graph.Call{graph.Copy("2", "1", hashA)})[0]
	if got.Err == nil || !got.Err.Lost || got.Err.Message != "the answer was cut off: unexpected EOF for [redacted]" || got.Status != 200 {
		t.Errorf("got %v, HTTP %d, want a lost answer", got.Err, got.Status)
	}
	if got.Usage.Accounts["2"].Calls != 77 {
		t.Errorf("got usage %+v, want 77 %%", got.Usage)
	}
}

func TestDoAnswerTooLong(t *testing.T) {
	t.Parallel() // with the race detector it takes a second
	endless := &endless{}
	c := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) {
		a := answer(200, "")
		a.Body = io.NopCloser(endless)
		return a, nil
	})})
	got := c.Do(t.Context(), []graph.Call{graph.Read("2", graph.Query{})})[0].Err
	if got == nil || !got.Lost || got.Message != "the answer is longer than 64 MiB" {
		t.Errorf("got %v, want a lost answer", got)
	}
	if most := 64<<20 + 1; endless.read != most {
		t.Errorf("got %d bytes read, want %d", endless.read, most)
	}
}

// Whatever a server or a proxy repeats, raw, encoded or cut: it ends in no text.
func TestDoScrubsSecrets(t *testing.T) {
	raw, encoded := tokenText, url.QueryEscape(tokenText)
	echo := "access_token=" + raw + "&again=" + encoded + "&proof=" + proofText + "&path=" + url.PathEscape(raw)
	padding := strings.Repeat("x", 100) // so that the excerpt ends inside the token
	for name, body := range map[string]string{
		"message":         `{"error":{"message":"` + echo + `","code":100}}`,
		"user message":    `{"error":{"message":"m","error_user_title":"` + echo + `","error_user_msg":"` + echo + `","code":100}}`,
		"type and trace":  `{"error":{"message":"m","type":"` + raw + `","fbtrace_id":"` + encoded + `","code":100}}`,
		"error as a text": `{"error":"` + echo + `"}`,
		"HTML":            "<html>" + echo,
		"cut in the raw":  "<html>" + padding + raw,
		"cut in encoded":  "<html>" + padding + encoded,
		"cut in proof":    "<html>" + padding + proofText,
		"often":           "<html>" + strings.Repeat(encoded, 3000),
		"list":            `{"data":"` + padding + raw + `"}`,
		"next":            `{"data":[],"paging":{"next":"https://x/?access_token=` + encoded + `"}}`,
		"batch entry":     `["` + padding + raw + `"]`,
		"batch text":      `["` + raw,
		"slashes":         `{"data":"` + strings.ReplaceAll(echo, "/", `\/`) + `"}`,
		"JSON in JSON":    `["` + strings.ReplaceAll(echo, "/", `\\\/`) + `"]`,
		"code points":     `{"data":"` + strings.NewReplacer("/", `\u002F`, "=", `\u003d`, "+", `\\u002b`).Replace(raw) + `"}`,
		"encoded twice":   "<html>" + url.QueryEscape(encoded),
		"lower case":      "<html>" + strings.NewReplacer("%7C", "%7c", "%2F", "%2f", "%2B", "%2b", "%3D", "%3d").Replace(encoded),
		"HTML entities":   "<html>" + strings.NewReplacer("|", "&#124;", "+", "&#43;", "/", "&#x2F;", "=", "&#061;").Replace(raw),
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, graph.Config{AppSecret: secret(t, secretText), Transport: wire(func(*http.Request) (*http.Response, error) {
				return answer(400, body, "X-Ad-Api-Version-Warning", "upgraded "+raw, "Facebook-Api-Version", raw), nil
			})})
			for _, calls := range [][]graph.Call{{graph.Copy("2", "1", hashA)}, {graph.Read("2", graph.Query{})}, {graph.Delete("1", hashA), graph.Delete("2", hashA)}} {
				for _, r := range c.Do(t.Context(), calls) {
					if r.Err == nil {
						t.Fatal("got no error")
					}
					for _, text := range []string{r.Err.Error(), r.Err.Detail(), r.Err.Type, r.Err.TraceID, r.Notice} {
						checkNoSecret(t, "reply", text)
					}
				}
			}
		})
	}
}

// failing reads nothing but its error.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// endless is a body without an end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return len(p), nil
}

// What an image is called and where it lies is passed on to people, too.
func TestDoScrubsImages(t *testing.T) {
	encoded := strings.ReplaceAll(tokenText, "/", `\/`)
	body := `{"data":[{"hash":"` + hashA + `","name":"a ` + encoded + ` b","url":"https:\/\/cdn\/x?access_token=` + url.QueryEscape(tokenText) + `&n=1"}]}`
	c := client(t, graph.Config{Transport: wire(func(*http.Request) (*http.Response, error) { return answer(200, body), nil })})
	reply := c.Do(t.Context(), []graph.Call{graph.Read("2", graph.Query{Raw: true})})[0]
	if reply.Err != nil || len(reply.Images) != 1 {
		t.Fatalf("got %+v", reply)
	}
	image := reply.Images[0]
	for _, text := range []string{image.Name, image.URL, string(image.Raw)} {
		checkNoSecret(t, "image", text)
	}
	if image.Name != "a [redacted] b" || !json.Valid(image.Raw) {
		t.Errorf("got name %q in %s", image.Name, image.Raw)
	}
}
