package jobs_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
)

// between stands between the client and the API and answers in its place: what it
// returns, unless that is nothing.
type between struct {
	next   http.RoundTripper
	answer func(*http.Request) (*http.Response, error)
	asked  atomic.Int64
}

func (b *between) RoundTrip(r *http.Request) (*http.Response, error) {
	b.asked.Add(1)
	if res, err := b.answer(r); res != nil || err != nil {
		return res, err
	}
	return b.next.RoundTrip(r)
}

func page(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("<html>Sign in to the guest network</html>"))}
}

// troubles are what can stand in the API's place.
var troubles = map[string]func(*http.Request) (*http.Response, error){
	"no network": func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
	},
	"no descriptors":  func(*http.Request) (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: syscall.EMFILE} },
	"a sign-in page":  func(*http.Request) (*http.Response, error) { return page(200), nil },
	"a redirect":      func(*http.Request) (*http.Response, error) { return page(302, "Location", "https://login.test/"), nil },
	"a block page":    func(*http.Request) (*http.Response, error) { return page(403), nil },
	"an empty 401":    func(*http.Request) (*http.Response, error) { return page(401), nil },
	"a proxy's 503":   func(*http.Request) (*http.Response, error) { return page(503), nil },
	"the API's 502":   func(*http.Request) (*http.Response, error) { return page(502, "X-Fb-Rev", "1"), nil },
	"cut connections": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset by peer") },
}
