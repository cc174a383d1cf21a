package graph

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// Secret is an access token or an app secret. It shows itself to nothing that
// formats, marshals or logs values; only this package reads it. It holds a
// pointer because fmt prints unexported fields without asking their methods.
type Secret struct{ value *string }

const redacted = "[redacted]"

// maxSecret is far above the length of any token: a few hundred characters.
const maxSecret = 8 << 10

// NewSecret wraps a secret as it was read from the environment or a file:
// surrounding white space is dropped, anything that could not be a token is an
// error that does not repeat it.
func NewSecret(s string) (Secret, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxSecret {
		return Secret{}, fmt.Errorf("it is longer than %d characters, which no token is; is it another file?", maxSecret)
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return Secret{}, errors.New("it holds a blank, a line break or a character outside ASCII; was more than the token copied?")
		}
	}
	return Secret{&s}, nil
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.reveal() == "" }

// Format answers every verb: for one such as %d, fmt would not ask String.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

func (Secret) String() string               { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (s Secret) reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// proof is appsecret_proof: the lower-case hex HMAC-SHA256 of the access token
// under the app secret (Graph API guide, "Secure requests").
func proof(appSecret, token Secret) Secret {
	m := hmac.New(sha256.New, []byte(appSecret.reveal()))
	m.Write([]byte(token.reveal()))
	sum := hex.EncodeToString(m.Sum(nil))
	return Secret{&sum}
}

// redactor replaces the secrets in whatever way a server may repeat them.
func redactor(secrets ...Secret) func(string) string {
	var forms, runs []string
	for _, s := range secrets {
		if !s.Empty() {
			forms, runs = append(forms, repeated(s.reveal())), append(runs, longestRun(s.reveal()))
		}
	}
	if len(forms) == 0 {
		return func(text string) string { return text }
	}
	found := regexp.MustCompile(strings.Join(forms, "|"))
	return func(text string) string {
		// Every image that is listed passes here: a search for what no spelling changes
		// is a hundred times as fast as the pattern.
		if !slices.ContainsFunc(runs, func(run string) bool { return strings.Contains(text, run) }) {
			return text
		}
		return found.ReplaceAllLiteralString(text, redacted)
	}
}

// longestRun is the longest part of a text that is letters and digits alone.
func longestRun(text string) string {
	longest := ""
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !alphanumeric(byte(r)) || r > '~' }) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// repeated is a pattern for a text as it is, and as JSON, URLs, forms and HTML
// write it, also one within the other: \/ and \\\/, %2F and %252f, &#47;.
func repeated(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if alphanumeric(c) {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `(?i:\\*%s|\\+u00%02x|%%(?:25)*%02x|&#0*%d;|&#x0*%02x;)`, regexp.QuoteMeta(string(c)), c, c, c, c)
	}
	return b.String()
}
