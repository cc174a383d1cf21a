package graph

import (
	"net"
	"net/url"
	"strings"
)

// Origin is an endpoint in the form in which two can be compared: scheme and host
// in lower case, with the port unless it is the scheme's own. It is empty for an
// endpoint that [New] refuses, and says nothing of the API version.
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
	if port == ownPort[u.Scheme] {
		port = ""
	}
	return u.Scheme + "://" + joined(host, port)
}

// ownPort is the port that a scheme has without being told (RFC 9110, section 4.2).
var ownPort = map[string]string{"http": "80", "https": "443"}

// SameServer reports whether two endpoints name one server, as far as a job is
// concerned that goes on at another time: on loopback the port does not count,
// because a local server may get another one each time it starts.
func SameServer(a, b string) bool {
	return withoutLocalPort(Origin(a)) == withoutLocalPort(Origin(b))
}

// SamePlace reports whether two endpoints name one server at one time: the names of
// loopback are one, and its ports are different servers.
func SamePlace(a, b string) bool { return withoutLocalName(Origin(a)) == withoutLocalName(Origin(b)) }

func withoutLocalPort(origin string) string {
	return onLoopback(origin, func(host, _ string) string { return joined(host, "") })
}

func withoutLocalName(origin string) string {
	return onLoopback(origin, func(_, port string) string { return joined("localhost", port) })
}

// onLoopback names a host on loopback anew, and leaves any other.
func onLoopback(origin string, name func(host, port string) string) string {
	u, err := url.Parse(origin)
	if err != nil || !loopback(u.Hostname()) {
		return origin
	}
	return u.Scheme + "://" + name(u.Hostname(), u.Port())
}

func joined(host, port string) string {
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}
