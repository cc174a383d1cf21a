package graph_test

import (
	"testing"

	"adferry/graph"
)

func TestOrigin(t *testing.T) {
	for _, tt := range []struct{ endpoint, want string }{
		{"https://graph.facebook.com", "https://graph.facebook.com"},
		{"https://Graph.Facebook.COM./", "https://graph.facebook.com"},
		{"HTTPS://graph.facebook.com:443", "https://graph.facebook.com"},
		{"https://graph.facebook.com:8443", "https://graph.facebook.com:8443"},
		{"http://[::1]:80", "http://[::1]"},
		{"http://[::1]:8080/", "http://[::1]:8080"},
		{"http://graph.facebook.com", ""},
		{"https://token@graph.facebook.com", ""},
		{"graph.facebook.com", ""},
	} {
		if got := graph.Origin(tt.endpoint); got != tt.want {
			t.Errorf("Origin(%q) is %q, want %q", tt.endpoint, got, tt.want)
		}
	}
}

// A job may go on where its server has another port on loopback; two jobs at one
// time are on one server only if the ports are the same.
func TestSameServer(t *testing.T) {
	for _, tt := range []struct {
		a, b         string
		later, atOne bool
	}{
		{"https://graph.facebook.com", "https://graph.facebook.com:443/", true, true},
		{"https://graph.facebook.com", "https://graph.example.com", false, false},
		{"https://graph.facebook.com", "https://graph.facebook.com:8443", false, false},
		{"http://127.0.0.1:8080", "http://127.0.0.1:9090", true, false},
		{"http://127.0.0.1:8080", "https://127.0.0.1:8080", false, false},
		{"http://127.0.0.1:8080", "http://localhost:8080", false, true},
		{"http://[::1]:8080", "http://127.0.0.1:8080", false, true},
		{"http://localhost:8080", "http://127.0.0.1:9090", false, false},
	} {
		if got := graph.SameServer(tt.a, tt.b); got != tt.later {
			t.Errorf("SameServer(%s, %s) is %v", tt.a, tt.b, got)
		}
		if got := graph.SameAddress(tt.a, tt.b); got != tt.atOne {
			t.Errorf("SamePlace(%s, %s) is %v", tt.a, tt.b, got)
		}
	}
}
