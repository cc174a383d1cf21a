package graph

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Between us and the API stand proxies, firewalls and sign-in pages, and they
// answer in its place. What they say is neither a refusal nor a success.

// marks are headers that Graph puts on its answers and nobody else does.
var marks = []string{
	"X-Fb-Trace-Id", "X-Fb-Request-Id", "X-Fb-Rev", "X-Fb-Debug", "Facebook-Api-Version",
	"X-App-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage",
}

// marked reports whether the headers are Graph's.
func marked(h http.Header) bool {
	for _, name := range marks {
		if h.Get(name) != "" {
			return true
		}
	}
	return strings.HasPrefix(h.Get("Www-Authenticate"), `OAuth "Facebook Platform"`)
}

// attribute says whose a failed answer is. Graph's own error decides where there is
// one. Without it, a server error is somebody's on the way or the API's own, which
// only time tells; everything else that lacks Graph's headers is foreign, and so is
// a redirect, which the API never sends.
func (c *Client) attribute(e *Error, h http.Header) {
	e.RetryAfter = retryAfter(h, time.Now())
	if gateway(e, h) {
		e.envelope, e.unread = false, []byte(e.Message)
	}
	switch {
	case e.envelope:
	case e.HTTP == http.StatusTooManyRequests:
		*e = Error{Class: ThrottledApp, HTTP: e.HTTP, RetryAfter: e.RetryAfter, Message: "too many requests"}
	case e.HTTP >= 300 && e.HTTP < 400:
		e.Class, e.Lost, e.unread = Foreign, true, nil
		e.Message = fmt.Sprintf("%s gave an answer that is not the API's: a redirect to %s", c.peer(), destination(h))
	case marked(h), e.HTTP == 0:
		e.certain = e.HTTP > 0 && e.HTTP < 500 // its servers' front door puts marks on error pages, too
	case e.HTTP >= 500 && e.HTTP != http.StatusNetworkAuthenticationRequired:
		e.Message = "a server error without a word of the API came from " + c.peer()
	default:
		e.Class, e.Lost = Foreign, true
		e.Message = c.peer() + " gave an answer that is not the API's"
	}
}

// gateway tells an error of a gateway, which repeats the HTTP status as its code and
// has none of Graph's own fields, from Graph's.
func gateway(e *Error, h http.Header) bool {
	return e.Code == e.HTTP && e.Type == "" && e.TraceID == "" && !marked(h)
}

// peer names who answers: the endpoint's host, and the proxy on the way, without a
// user or password.
func (c *Client) peer() string {
	u, err := url.Parse(c.endpoint)
	if err != nil {
		return "the endpoint"
	}
	return u.Host + throughProxy(u)
}

func throughProxy(to *url.URL) string {
	if p, err := proxyFor(&http.Request{URL: to}); err == nil && p != nil {
		return " through the proxy " + p.Host
	}
	return ""
}

// destination is the host that a redirect names.
func destination(h http.Header) string {
	if u, err := url.Parse(h.Get("Location")); err == nil && u.Host != "" {
		return u.Host
	}
	return "another page"
}

// mostRetryAfter bounds what the header may ask for, as the usage headers are.
const mostRetryAfter = 48 * time.Hour

// retryAfter reads the header of that name: seconds, or a date by the server's clock
// (RFC 9110, section 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var seconds number
	if _, err := strconv.ParseFloat(value, 64); err == nil && seconds.UnmarshalJSON([]byte(value)) == nil {
		return seconds.duration(time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date := clock(h); !date.IsZero() {
		now = date
	}
	return min(max(at.Sub(now), 0), mostRetryAfter)
}
