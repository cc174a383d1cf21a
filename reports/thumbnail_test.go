package reports

import (
	"strings"
	"testing"
)

func TestThumbnail(t *testing.T) {
	const cdn = "https://scontent-ber1-1.xx.fbcdn.net/v/t45.1600-4/4_n.png?stp=dst-jpg_s128x128&_nc_cat=1&ccb=1-7&oh=00_AfA&oe=67D0A1B2"
	for _, test := range []struct {
		name, link string
		ok         bool
	}{
		{"Meta's content network", cdn, true},
		{"a sandbox", "http://127.0.0.1:8080/_image/11/0123/128", true},
		{"a sandbox by name", "http://localhost:8080/_image/11/0123/128", true},
		{"none", "", false},
		{"http elsewhere", "http://example.com/a.png", false},
		{"loopback in a name", "http://127.0.0.1.example.com/a.png", false},
		{"a script", "javascript:alert(1)", false},
		{"data", "data:image/png;base64,AAAA", false},
		{"a file", "file:///etc/passwd", false},
		{"no scheme", "//example.com/a.png", false},
		{"a path", "/_image/11", false},
		{"no host", "https:///a.png", false},
		{"a password", "https://user:secret@example.com/a.png", false},
		{"a token", cdn + "&access_token=EAAB", false},
		{"a token in capitals", cdn + "&ACCESS_TOKEN=EAAB", false},
		{"a token in the path", "https://example.com/access_token=EAAB/a.png", false},
		{"an encoded token", cdn + "&next=%61ccess%5ftoken%3DEAAB", false},
		{"a token encoded twice", cdn + "&next=%2561ccess_token%253DEAAB", false},
		{"a proof", cdn + "&appsecret_proof=00", false},
		{"a redacted secret", cdn + "&x=[redacted]", false},
		{"too long", cdn + strings.Repeat("x", longestLink), false},
		{"a control character", "https://example.com/\x00", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := thumbnail(test.link); (got != "") != test.ok || test.ok && got != test.link {
				t.Errorf("got %q, want accepted: %v", got, test.ok)
			}
		})
	}
}
