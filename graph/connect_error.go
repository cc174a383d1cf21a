package graph

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// unconnectedError is a request that got no connection: an unknown host, a closed port,
// no file descriptor left, a proxy or a TLS handshake that failed. Nothing was sent.
type unconnectedError struct{ err error }

func (e *unconnectedError) Error() string { return e.err.Error() }
func (e *unconnectedError) Unwrap() error { return e.err }

// tunnelError is a proxy that did not open the tunnel to the API.
type tunnelError struct {
	proxy  string // host
	status int
	wait   time.Duration
}

func (e *tunnelError) Error() string {
	return fmt.Sprintf("the proxy %s refused the connection: %d %s", e.proxy, e.status, http.StatusText(e.status))
}

// checkTunnel checks a proxy's answer to CONNECT. Without it, net/http would make an error
// of the proxy's text that looks like a failed connection.
func checkTunnel(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &tunnelError{proxy.Host, res.StatusCode, retryAfter(res.Header, time.Now())}
}

// proxyFor returns the proxy that the environment names. Its error does not repeat the
// variable, because that may hold a password.
func proxyFor(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("HTTPS_PROXY or HTTP_PROXY in the environment is not a proxy URL")
	}
	return proxy, nil
}

// withConnectBy cancels the request if it has no connection by then. After it has one it is
// not cancelled, because it may have reached the API.
func withConnectBy(req *http.Request, by time.Time) (*http.Request, func()) {
	ctx, cancel := context.WithCancel(req.Context())
	var timer *time.Timer
	stop := func() {
		if timer != nil {
			timer.Stop()
		}
	}
	return req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { timer = time.AfterFunc(time.Until(by), cancel) },
		GotConn: func(httptrace.GotConnInfo) {
			if stop(); late(by) {
				cancel() // nothing was written yet
			}
		},
	})), func() { stop(); cancel() }
}

// late reports whether it is too late to get a connection, by the clock on the wall.
func late(by time.Time) bool { return !by.IsZero() && !time.Now().Round(0).Before(by.Round(0)) }

// errLate is why a request was not sent whose connection was needed before.
var errLate = &unconnectedError{errors.New("it was too late to send the request")}

// onTime is the body of a request that is not begun when it is too late: then the request stays
// incomplete, and the API does not take it.
type onTime struct {
	io.ReadCloser
	by    time.Time
	begun bool
}

func (b *onTime) Read(p []byte) (int, error) {
	if !b.begun && late(b.by) {
		return 0, errLate
	}
	b.begun = true
	return b.ReadCloser.Read(p)
}

// withBodyBy begins the request's body no later than by.
func withBodyBy(req *http.Request, by time.Time) {
	if req.Body == nil {
		return
	}
	req.Body = &onTime{ReadCloser: req.Body, by: by}
	if again := req.GetBody; again != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := again()
			return &onTime{ReadCloser: body, by: by}, err
		}
	}
}

// transportError makes an Unreachable error if the request certainly was not sent, else
// a lost answer.
func transportError(err error, to *url.URL) *Error {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	var unconnected *unconnectedError
	var tunnel *tunnelError
	dial := errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
	switch {
	case errors.As(err, &tunnel):
		return &Error{Class: Unreachable, RetryAfter: tunnel.wait, Message: "no connection to the API: " + tunnel.Error(), cause: err}
	case errors.As(err, &unconnected), dial, errors.As(err, &cert):
		return &Error{Class: Unreachable, Message: "no connection to the API" + throughProxy(to) + ": " + withoutURL(err), cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return lostAnswer(0, err, "no answer in time")
	}
	return lostAnswer(0, err, "the connection failed: %s", withoutURL(err))
}

// withoutURL removes the URL that net/http puts in front of an error.
func withoutURL(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}
