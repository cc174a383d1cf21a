package reports

import (
	"net/url"
	"strings"
)

// longestLink is far above those of Meta's content network, which have some 500
// characters.
const longestLink = 4096

// thumbnail is a link that a page may load, or "": https anywhere, and http on this
// machine, where a sandbox runs. A link that carries a credential is none, because a page
// is passed on: it would be in it.
func thumbnail(link string) string {
	u, err := url.Parse(link)
	switch {
	case link == "" || err != nil || len(link) > longestLink || u.User != nil || u.Opaque != "" || carriesSecret(link):
		return ""
	case u.Scheme == "https" && u.Hostname() != "":
	case u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost"):
	default:
		return ""
	}
	return u.String()
}

// secretWords are the names of the API's credentials in a query (Graph API, "Secure Graph
// API Calls"), and what the client leaves in place of one.
var secretWords = []string{"access_token", "appsecret_proof", "client_secret", "[redacted]"}

// carriesSecret reports whether one of them is in a link, also percent-encoded, several
// times over.
func carriesSecret(link string) bool {
	for range 4 {
		for _, word := range secretWords {
			if strings.Contains(strings.ToLower(link), word) {
				return true
			}
		}
		plain, err := url.QueryUnescape(link)
		if err != nil || plain == link {
			return false
		}
		link = plain
	}
	return true // nobody nests so deep in good faith
}
