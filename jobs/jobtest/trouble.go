package jobtest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
)

// Between stands between the client and the API and answers in its place: what it
// returns, unless that is nothing.
type Between struct {
	Next   http.RoundTripper
	Answer func(*http.Request) (*http.Response, error)
	Asked  atomic.Int64
}

func (b *Between) RoundTrip(r *http.Request) (*http.Response, error) {
	b.Asked.Add(1)
	if res, err := b.Answer(r); res != nil || err != nil {
		return res, err
	}
	return b.Next.RoundTrip(r)
}

func Page(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("<html>Sign in to the guest network</html>"))}
}

// Troubles are what can stand in the API's place.
var Troubles = map[string]func(*http.Request) (*http.Response, error){
	"no network": func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
	},
	"no descriptors":  func(*http.Request) (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: syscall.EMFILE} },
	"a sign-in page":  func(*http.Request) (*http.Response, error) { return Page(200), nil },
	"a redirect":      func(*http.Request) (*http.Response, error) { return Page(302, "Location", "https://login.test/"), nil },
	"a block page":    func(*http.Request) (*http.Response, error) { return Page(403), nil },
	"an empty 401":    func(*http.Request) (*http.Response, error) { return Page(401), nil },
	"a proxy's 503":   func(*http.Request) (*http.Response, error) { return Page(503), nil },
	"the API's 502":   func(*http.Request) (*http.Response, error) { return Page(502, "X-Fb-Rev", "1"), nil },
	"cut connections": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset by peer") },
}
