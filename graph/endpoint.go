package graph

import (
	"net"
	"net/url"
	"strings"
)

// Origin is an endpoint in a form that can be compared: scheme and host in lower case,
// and the port unless it is the scheme's default. It is empty for an endpoint that [New]
// refuses.
func Origin(endpoint string) string {
	checked, err := checkEndpoint(endpoint)
	if err != nil {
		return ""
	}
	u, err := url.Parse(checked)
	if err != nil {
		return ""
	}
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if port == defaultPort[u.Scheme] {
		port = ""
	}
	return u.Scheme + "://" + joinHostPort(host, port)
}

// defaultPort is the default port of a scheme (RFC 9110, section 4.2).
var defaultPort = map[string]string{"http": "80", "https": "443"}

// SameServer reports whether a job that was made for one endpoint may be resumed at the
// other. On loopback the port does not count, because a local server may get another one
// each time it starts.
func SameServer(a, b string) bool {
	return withoutLocalPort(Origin(a)) == withoutLocalPort(Origin(b))
}

// SameAddress reports whether two endpoints name one server that is running now: all
// names of loopback are the same host, and its ports are different servers.
func SameAddress(a, b string) bool { return withoutLocalName(Origin(a)) == withoutLocalName(Origin(b)) }

func withoutLocalPort(origin string) string {
	return mapLoopback(origin, func(host, _ string) string { return joinHostPort(host, "") })
}

func withoutLocalName(origin string) string {
	return mapLoopback(origin, func(_, port string) string { return joinHostPort("localhost", port) })
}

// mapLoopback renames the host of an origin on loopback. It returns any other origin as it is.
func mapLoopback(origin string, name func(host, port string) string) string {
	u, err := url.Parse(origin)
	if err != nil || !loopback(u.Hostname()) {
		return origin
	}
	return u.Scheme + "://" + name(u.Hostname(), u.Port())
}

func joinHostPort(host, port string) string {
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}
