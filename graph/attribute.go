package graph

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// graphHeaders are headers that only Graph puts on its answers.
var graphHeaders = []string{
	"X-Fb-Trace-Id", "X-Fb-Request-Id", "X-Fb-Rev", "X-Fb-Debug", "Facebook-Api-Version",
	"X-App-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage",
}

// hasGraphHeaders reports whether an answer has headers of Graph's.
func hasGraphHeaders(h http.Header) bool {
	for _, name := range graphHeaders {
		if h.Get(name) != "" {
			return true
		}
	}
	return strings.HasPrefix(h.Get("Www-Authenticate"), `OAuth "Facebook Platform"`)
}

// attribute decides who sent a failed answer: the API, or a proxy, a firewall or a sign-in
// page in its place, whose answer is neither a refusal nor a success. A Graph error is the
// API's. A redirect is foreign, because the API never sends one. A server error may come
// from the API or from a gateway. Anything else without Graph's headers is foreign.
func (c *Client) attribute(e *Error, h http.Header) {
	e.RetryAfter = retryAfter(h, time.Now())
	if isGatewayError(e, h) {
		e.envelope, e.raw = false, []byte(e.Message)
	}
	switch {
	case e.envelope:
	case e.HTTP == http.StatusTooManyRequests:
		*e = Error{Class: ThrottledApp, HTTP: e.HTTP, RetryAfter: e.RetryAfter, Message: "too many requests"}
	case e.HTTP >= 300 && e.HTTP < 400:
		e.Class, e.Lost, e.raw = Foreign, true, nil
		e.Message = fmt.Sprintf("the answer from %s is not the API's: a redirect to %s", c.peer(), destination(h))
	case hasGraphHeaders(h), e.HTTP == 0:
		e.fromAPI = e.HTTP > 0 && e.HTTP < 500 // the API's load balancers put these headers on error pages, too
	case e.HTTP >= 500 && e.HTTP != http.StatusNetworkAuthenticationRequired:
		e.Message = "a server error without a message of the API, from " + c.peer()
	default:
		e.Class, e.Lost = Foreign, true
		e.Message = "the answer from " + c.peer() + " is not the API's"
	}
}

// isGatewayError reports whether an error that looks like Graph's comes from a gateway: it
// repeats the HTTP status as its code and has none of Graph's other fields.
func isGatewayError(e *Error, h http.Header) bool {
	return e.Code == e.HTTP && e.Type == "" && e.TraceID == "" && !hasGraphHeaders(h)
}

// peer names the endpoint's host and the proxy, without a user or password.
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

// maxRetryAfter bounds the wait that the header may ask for, as the usage headers are bounded.
const maxRetryAfter = 48 * time.Hour

// retryAfter reads the Retry-After header: seconds, or a date by the server's clock (RFC
// 9110, section 10.2.3). It is 0 without one.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return parseNumber([]byte(value)).duration(time.Second)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date := serverDate(h); !date.IsZero() {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
