package graph_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"adferry/graph"
)

// A server may repeat a token in part, and encoded more than once: nothing of it
// from 12 characters on is shown.
func TestRedactor(t *testing.T) {
	const token = "EAABw|zdEsample/token+with=signs%25ZC"
	redact := graph.Redactor(secret(t, token))
	quoted, _ := json.Marshal(token)
	twice, _ := json.Marshal(string(quoted))
	for name, echoed := range map[string]string{
		"all of it":                token,
		"its beginning":            token[:12],
		"its middle":               token[7:20],
		"its end":                  token[len(token)-12:],
		"as a query":               url.QueryEscape(token),
		"part of it as a query":    url.QueryEscape(token[3:17]),
		"as a query twice":         url.QueryEscape(url.QueryEscape(token)),
		"every character as a URL": percent(token),
		"as a path":                url.PathEscape(token),
		"as JSON":                  strings.Trim(string(quoted), `"`),
		"as JSON in JSON":          strings.ReplaceAll(strings.Trim(string(twice), `"`), "/", `\\\/`),
		"as JSON, escaped":         strings.NewReplacer("/", `\u002f`, "=", `\u003D`).Replace(token),
		"as HTML":                  strings.ReplaceAll(html.EscapeString(token), "+", "&#43;"),
		"as HTML, in hex":          strings.ReplaceAll(token, "/", "&#x2F;"),
		"as JSON in a URL":         url.QueryEscape(strings.ReplaceAll(token, "/", `\/`)),
		"in hex":                   hex.EncodeToString([]byte(token)),
		"in upper-case hex":        strings.ToUpper(hex.EncodeToString([]byte(token))),
		"part of it in hex":        hex.EncodeToString([]byte(token[5:17])),
		"in Base64":                base64.StdEncoding.EncodeToString([]byte(token)),
		"in a header's Base64":     base64.StdEncoding.EncodeToString([]byte("user:" + token)),
		"in Base64 for URLs":       base64.RawURLEncoding.EncodeToString([]byte("x" + token)),
		"part of it in Base64":     base64.StdEncoding.EncodeToString([]byte(token[6:20])),
	} {
		for _, around := range []string{"%s", "no: %s!", `{"message":"Invalid token %s (190)"}`} {
			text := fmt.Sprintf(around, echoed)
			got := redact(text)
			if !strings.Contains(got, "[redacted]") {
				t.Errorf("%s: got %q", name, got)
			}
			// What is left beside the mark is what stood around the echo, and a few digits
			// that say nothing.
			left := strings.Replace(fmt.Sprintf(around, ""), "%s", "", 1)
			if len(got) > len(left)+len("[redacted]")+8 {
				t.Errorf("%s: got %q, which leaves too much", name, got)
			}
		}
	}
}

// What is no echo stays as it is.
func TestRedactorLeaves(t *testing.T) {
	const token = "EAABw|zdEsample/token+with=signs"
	redact := graph.Redactor(secret(t, token), secret(t, "any"), secret(t, "sandbox"))
	for _, text := range []string{
		"", "a sandbox may answer anything", "ample/token", "EAABw|zdEsa", "100%", `C:\images\new.png`, "a&b;c&#;d&#x;e%2", `\`, "&", "%",
		"https://scontent.example/v/t45.png?_nc_cat=1&oh=00_Af%3D%3D&oe=6571&x=%E2%82%AC",
	} {
		if got := redact(text); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	if got := graph.Redactor(secret(t, "any"))("many any"); got != "many any" {
		t.Errorf("got %q: a secret too short to be one tears words apart", got)
	}
}

func percent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

// What tokens are copied with is told apart, and the text is never repeated.
func TestSecretIsBare(t *testing.T) {
	const token = "EAABsample0123456789sample"
	for text, want := range map[string]string{
		`"` + token + `"`:                          "it is in quotes",
		`'` + token + `'`:                          "it is in quotes",
		"“" + token + "”":                          "it is in quotes",
		"ADFERRY_ACCESS_TOKEN=" + token:            "it has the form NAME=value",
		"export TOKEN=" + token:                    "it has the form NAME=value",
		"access_token = " + token:                  "it has the form NAME=value",
		"$env:TOKEN=" + token:                      "it has the form NAME=value",
		`{"access_token":"` + token + `"}`:         "it is JSON",
		`["` + token + `"]`:                        "it is JSON",
		"${META_TOKEN}":                            "it is the name of a variable",
		"$META_TOKEN":                              "it is the name of a variable",
		"$(cat token.txt)":                         "it is the name of a variable",
		"%META_TOKEN%":                             "it is the name of a variable",
		"prefix-${META_TOKEN}":                     "it is the name of a variable",
		"Bearer " + token:                          "it is a header",
		"authorization: Bearer " + token:           "it is a header",
		"https://x.example/?access_token=" + token: "it is a web address",
		"<token>":                                  "it is a placeholder",
		token + " " + token:                        "it contains a space",
	} {
		_, err := graph.NewSecret(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
			continue
		}
		if strings.Contains(err.Error(), "EAAB") || strings.Contains(err.Error(), "META_TOKEN") {
			t.Errorf("%q: the error repeats it: %v", text, err)
		}
	}
	for _, text := range []string{token, token + "==", "123456789|" + token, tokenText, token + "\n", "a$b%c%"} {
		if _, err := graph.NewSecret(text); err != nil {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func BenchmarkRedactor(b *testing.B) {
	s, _ := graph.NewSecret("EAAB" + strings.Repeat("x1Yz9", 40))
	redact := graph.Redactor(s)
	text := `{"hash":"0123456789abcdef0123456789abcdef","url":"https:\/\/scontent.example\/v\/t45.png?_nc_cat=1&oh=00_Af%3D&oe=6571","name":"` + strings.Repeat("name ", 60) + `"}`
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		redact(text)
	}
}
