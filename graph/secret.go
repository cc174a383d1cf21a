package graph

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Secret is an access token or an app secret. Formatting, marshalling or logging it gives
// [redacted]; only this package can read it. It has a pointer because fmt prints
// unexported fields without calling their methods.
type Secret struct{ value *string }

const redacted = "[redacted]"

// maxSecret is far more than the few hundred characters of a token.
const maxSecret = 8 << 10

// NewSecret makes a Secret of a text from the environment or a file, without the white
// space around it. A text that cannot be a token is an error, which does not repeat it.
func NewSecret(s string) (Secret, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxSecret {
		return Secret{}, fmt.Errorf("it has more than %d characters, too many for a token; is it the wrong file?", maxSecret)
	}
	if what := wrongForm(s); what != "" {
		return Secret{}, errors.New(what)
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return Secret{}, errors.New("it contains a space, a line break or a character outside ASCII; was more than the token copied?")
		}
	}
	return Secret{&s}, nil
}

var (
	assignment = regexp.MustCompile(`^(?:export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]{0,63}\s*=\s*[^=\s]`)
	variable   = regexp.MustCompile(`^\$[A-Za-z_{(]|\$\{[A-Za-z_]|^%[A-Za-z_][A-Za-z0-9_]*%$`)
	scheme     = regexp.MustCompile(`^(?i:bearer|oauth|authorization:)\s`)
)

// wrongForm recognises texts that people give instead of the bare token, and says what to do.
func wrongForm(s string) string {
	switch {
	case s == "":
		return ""
	case strings.ContainsRune("\"'`“”„‘’«»", firstRune(s)):
		return "it is in quotes; remove them"
	case s[0] == '{' || s[0] == '[':
		return "it is JSON; give only the value of access_token"
	case assignment.MatchString(s):
		return "it has the form NAME=value; give only the value"
	case variable.MatchString(s):
		return "it is the name of a variable, not its value; in a shell, use double quotes or none"
	case scheme.MatchString(s):
		return "it is a header; give only the token, the part after Bearer"
	case strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://"):
		return "it is a web address; give only the token"
	case s[0] == '<':
		return "it is a placeholder or markup; replace it with the token"
	}
	return ""
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// Equal reports whether two secrets are the same.
func (s Secret) Equal(other Secret) bool {
	return hmac.Equal([]byte(s.reveal()), []byte(other.reveal()))
}

// tokenLike recognises the access tokens that Meta gives out: EAA and a long run of
// letters and digits, or an app's id and secret.
var tokenLike = regexp.MustCompile(`EAA[0-9A-Za-z]{17,}|EAA[A-Z][0-9A-Za-z_-]{16,}|\b[0-9]{6,}\|[0-9A-Za-z_-]{16,}`)

// LooksLikeToken reports whether a text has something of the form of an access token.
func LooksLikeToken(text string) bool { return tokenLike.MatchString(text) }

// HideTokens replaces whatever has the form of an access token.
func HideTokens(text string) string { return tokenLike.ReplaceAllString(text, redacted) }

// Empty reports whether the secret is empty.
func (s Secret) Empty() bool { return s.reveal() == "" }

// Format writes [redacted] for every verb. fmt does not call String for %d, for example.
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
