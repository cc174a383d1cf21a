package graph_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"adferry/graph"
)

// The characters change when they are put into a URL or a form. The proof was
// computed with another implementation of HMAC-SHA256.
const (
	tokenText  = "EAABw|zdEsample/token+with=signs"
	secretText = "0a1b2c3d4e5f-app-secret"
	proofText  = "5befb5b1c9a2e78780df0b5acf9f57b02980d72232fafe11896d26827d1d3efe"
)

func TestSecretShowsItselfToNobody(t *testing.T) {
	s := secret(t, tokenText)
	hidden := struct{ token graph.Secret }{s} // fmt asks no method of an unexported field
	shown := map[string]any{"value": s, "pointer": &s, "field": struct{ Token graph.Secret }{s}, "hidden field": hidden,
		"list": []graph.Secret{s}, "map": map[string]graph.Secret{"k": s}, "config": graph.Config{Token: s, AppSecret: s},
		"client": client(t, graph.Config{AppSecret: secret(t, secretText)})}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%U", "%e", "%p", "%w", "%10.3s"} {
		for name, value := range shown {
			checkNoSecret(t, name+" by "+verb, fmt.Sprintf(verb, value))
		}
	}
	checkNoSecret(t, "Sprint", fmt.Sprint(s, &s, hidden))
	if got := fmt.Sprintf("%v %s %q %d", s, s, s, s); got != "[redacted] [redacted] [redacted] [redacted]" {
		t.Errorf("got %s", got)
	}
	for name, value := range shown {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "secret", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "secret", value)
		checkNoSecret(t, name+" in a log", log.String())
		if text, err := json.Marshal(value); err == nil {
			checkNoSecret(t, name+" as JSON", string(text))
		}
		if text, err := xml.Marshal(value); err == nil {
			checkNoSecret(t, name+" as XML", string(text))
		}
	}
	if text, err := json.Marshal(struct{ Token graph.Secret }{s}); err != nil || string(text) != `{"Token":"[redacted]"}` {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestNewSecret(t *testing.T) {
	for _, test := range []struct {
		name, text string
		ok, empty  bool
	}{
		{"token", tokenText, true, false},
		{"line end of a file", tokenText + "\r\n", true, false},
		{"nothing", "", true, true},
		{"white space", " \n", true, true},
		{"two lines", tokenText + "\nEAAB", false, true},
		{"blank inside", "Bearer " + tokenText, false, true},
		{"no-break space", tokenText + "\u00a0x", false, true},
		{"control character", tokenText + "\x00", false, true},
		{"typographic quotes", "“" + tokenText + "”", false, true},
		{"the whole of another file", strings.Repeat("x", 9000), false, true},
		{"byte order mark", "\ufeff" + tokenText, false, true},
	} {
		s, err := graph.NewSecret(test.text)
		if (err == nil) != test.ok || s.Empty() != test.empty {
			t.Errorf("%s: got empty %v, %v, want ok %v, empty %v", test.name, s.Empty(), err, test.ok, test.empty)
		}
		if err != nil {
			checkNoSecret(t, test.name, err.Error())
		}
	}
	if !(graph.Secret{}).Empty() {
		t.Error("got a secret in the zero value")
	}
}

func checkNoSecret(t *testing.T, where, text string) {
	t.Helper()
	for _, part := range []string{"EAABw", "zdEsample", "with=signs", "with%3Dsigns", secretText, proofText,
		fmt.Sprintf("%x", "zdEsample"), fmt.Sprintf("%X", "zdEsample"), fmt.Sprintf("%d", []byte("zdEs"))[1:10]} {
		if strings.Contains(text, part) {
			t.Errorf("%s: got a secret in %q", where, text)
			return
		}
	}
}

func secret(t testing.TB, text string) graph.Secret {
	t.Helper()
	s, err := graph.NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client makes a client with the test's token.
func client(t testing.TB, c graph.Config) *graph.Client {
	t.Helper()
	c.Token = secret(t, tokenText)
	cl, err := graph.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}
