package graph

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// perTransport is how many requests in flight share one HTTP/2 connection
// pool. Servers allow about a hundred streams on a connection; beyond that,
// requests queue behind each other.
const perTransport = 90

// NewTransport makes a transport for any number of requests in flight. TLS 1.2 is
// the least that the API accepts.
func NewTransport() http.RoundTripper { return &transports{} }

// transports spreads requests over as many connection pools as they need.
type transports struct {
	mu   sync.Mutex
	pool []*lot
}

// lot is a connection pool and how many requests are in it: sent, and their
// answer not read to its end.
type lot struct {
	http *http.Transport
	busy int
}

// RoundTrip makes a request. An error is an *unconnectedError where the request
// never got a connection to leave on.
func (t *transports) RoundTrip(r *http.Request) (*http.Response, error) {
	l := t.enter()
	var connected atomic.Bool
	res, err := l.http.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})))
	if err != nil {
		t.leave(l)
		if !connected.Load() {
			err = &unconnectedError{err}
		}
		return nil, err
	}
	res.Body = &counted{ReadCloser: res.Body, closed: sync.OnceFunc(func() { t.leave(l) })}
	return res, nil
}

// enter finds the first lot with room.
func (t *transports) enter() *lot {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.pool {
		if l.busy < perTransport {
			l.busy++
			return l
		}
	}
	l := &lot{newLot(), 1}
	t.pool = append(t.pool, l)
	return l
}

func (t *transports) leave(l *lot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.busy--
}

// CloseIdleConnections lets go of the connections nobody uses.
func (t *transports) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.pool {
		l.http.CloseIdleConnections()
	}
}

// counted tells when an answer is done with.
type counted struct {
	io.ReadCloser
	closed func()
}

func (c *counted) Close() error {
	defer c.closed()
	return c.ReadCloser.Close()
}

func newLot() *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFor,
		OnProxyConnectResponse: tunnelled,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           perTransport,
		MaxIdleConnsPerHost:    perTransport, // HTTP/1.1 keeps two by default and dials the rest anew
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		ExpectContinueTimeout:  time.Second,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
	}
}
