package graph

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// perTransport is how many requests in flight share one HTTP/2 connection
// pool. Servers allow about a hundred streams on a connection; beyond that,
// requests queue behind each other.
const perTransport = 90

// NewTransport makes a transport for up to the given number of requests in
// flight. TLS 1.2 is the least that the API accepts.
func NewTransport(inFlight int) http.RoundTripper {
	n := max(1, (inFlight+perTransport-1)/perTransport)
	t := &transports{pool: make([]*http.Transport, n)}
	for i := range t.pool {
		t.pool[i] = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          perTransport,
			MaxIdleConnsPerHost:   perTransport, // HTTP/1.1 keeps two by default and dials the rest anew
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   15 * time.Second,
			ExpectContinueTimeout: time.Second,
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		}
	}
	return t
}

// transports spreads requests over its pool in turn.
type transports struct {
	next atomic.Uint64
	pool []*http.Transport
}

func (t *transports) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.pool[t.next.Add(1)%uint64(len(t.pool))].RoundTrip(r)
}

// CloseIdleConnections lets go of the connections nobody uses.
func (t *transports) CloseIdleConnections() {
	for _, p := range t.pool {
		p.CloseIdleConnections()
	}
}
