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
	if what := notBare(s); what != "" {
		return Secret{}, errors.New(what)
	}
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return Secret{}, errors.New("it holds a blank, a line break or a character outside ASCII; was more than the token copied?")
		}
	}
	return Secret{&s}, nil
}

var (
	assignment = regexp.MustCompile(`^(?:export\s+|set\s+|\$env:)?[A-Za-z_][A-Za-z0-9_]{0,63}\s*=\s*[^=\s]`)
	variable   = regexp.MustCompile(`^\$[A-Za-z_{(]|\$\{[A-Za-z_]|^%[A-Za-z_][A-Za-z0-9_]*%$`)
	scheme     = regexp.MustCompile(`^(?i:bearer|oauth|authorization:)\s`)
)

// notBare recognises what a secret is often copied with, or left in place of one.
func notBare(s string) string {
	switch {
	case s == "":
		return ""
	case strings.ContainsRune("\"'`“”„‘’«»", firstRune(s)):
		return "it stands in quotes; remove them"
	case s[0] == '{' || s[0] == '[':
		return "it is JSON; give the token alone, which follows access_token there"
	case assignment.MatchString(s):
		return "it has the form NAME=value; give the value alone"
	case variable.MatchString(s):
		return "it is the name of a variable and not its value; in a shell, put it in double quotes or none"
	case scheme.MatchString(s):
		return "it is a header; give the token alone, which follows Bearer there"
	case strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://"):
		return "it is a web address; give the token alone"
	case s[0] == '<':
		return "it is a placeholder or markup; put the token in its place"
	}
	return ""
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
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
