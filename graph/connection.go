package graph

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// unconnectedError is a request that got no connection: a name that is not known, a
// port that is closed, no descriptor left, a proxy or a TLS handshake that failed. Nothing
// of it was sent.
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
	return fmt.Sprintf("the proxy %s refused it: %d %s", e.proxy, e.status, http.StatusText(e.status))
}

// tunnelled checks a proxy's answer to CONNECT. Its texts go nowhere: net/http would
// make an error of them that looks like one of the connection.
func tunnelled(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	return &tunnelError{proxy.Host, res.StatusCode, retryAfter(res.Header, time.Now())}
}

// proxyFor finds the proxy in the environment. Its error does not repeat the
// variable, which may hold a password.
func proxyFor(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("HTTPS_PROXY or HTTP_PROXY in the environment is no URL of a proxy")
	}
	return proxy, nil
}

// leavingBy gives the request up if it waits for a connection until then. What has
// got one is no longer stopped: it may have arrived.
func leavingBy(req *http.Request, by time.Time) (*http.Request, func()) {
	ctx, cancel := context.WithCancel(req.Context())
	var timer *time.Timer
	stop := func() {
		if timer != nil {
			timer.Stop()
		}
	}
	return req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { timer = time.AfterFunc(time.Until(by), cancel) },
		GotConn: func(httptrace.GotConnInfo) { stop() },
	})), func() { stop(); cancel() }
}

// transportError tells a request that surely never left from one whose answer
// is lost.
func transportError(err error, to *url.URL) *Error {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	var nowhere *unconnectedError
	var tunnel *tunnelError
	dial := errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
	switch {
	case errors.As(err, &tunnel):
		return &Error{Class: Unreachable, RetryAfter: tunnel.wait, Message: "no connection to the API: " + tunnel.Error(), cause: err}
	case errors.As(err, &nowhere), dial, errors.As(err, &cert):
		return &Error{Class: Unreachable, Message: "no connection to the API" + throughProxy(to) + ": " + bare(err), cause: err}
	case errors.Is(err, context.DeadlineExceeded):
		return lost(0, err, "no answer in time")
	}
	return lost(0, err, "the connection failed: %s", bare(err))
}

// bare drops the URL that net/http puts in front of an error.
func bare(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}
