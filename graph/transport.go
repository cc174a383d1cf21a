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

// perTransport is how many requests in flight share one HTTP/2 connection pool. Servers
// allow about a hundred streams on a connection; more requests would queue.
const perTransport = 90

// NewTransport makes a transport for any number of requests in flight. It requires TLS
// 1.2, as the API does.
func NewTransport() http.RoundTripper { return &transports{} }

// transports spreads requests over as many connection pools as they need.
type transports struct {
	mu    sync.Mutex
	pools []*connPool
}

// connPool is a connection pool and the number of its requests in flight: sent, and the
// answer not closed.
type connPool struct {
	http *http.Transport
	busy int
}

// RoundTrip sends a request. Its error is an *unconnectedError if the request got no
// connection.
func (t *transports) RoundTrip(r *http.Request) (*http.Response, error) {
	l := t.acquire()
	var connected atomic.Bool
	res, err := l.http.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})))
	if err != nil {
		t.release(l)
		if !connected.Load() {
			err = &unconnectedError{err}
		}
		return nil, err
	}
	res.Body = &countedBody{ReadCloser: res.Body, closed: sync.OnceFunc(func() { t.release(l) })}
	return res, nil
}

// acquire returns the first pool with room for a request, or a new one.
func (t *transports) acquire() *connPool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.pools {
		if l.busy < perTransport {
			l.busy++
			return l
		}
	}
	l := &connPool{newPool(), 1}
	t.pools = append(t.pools, l)
	return l
}

func (t *transports) release(l *connPool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.busy--
}

// CloseIdleConnections closes the connections that are not in use.
func (t *transports) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.pools {
		l.http.CloseIdleConnections()
	}
}

// countedBody calls closed when the body is closed.
type countedBody struct {
	io.ReadCloser
	closed func()
}

func (c *countedBody) Close() error {
	defer c.closed()
	return c.ReadCloser.Close()
}

func newPool() *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFor,
		OnProxyConnectResponse: checkTunnel,
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
