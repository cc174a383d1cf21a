package graph

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
)

// Secret is an access token or an app secret. It shows itself to nothing that
// formats, marshals or logs values; only this package reads it.
type Secret struct{ value string }

const redacted = "[redacted]"

// NewSecret wraps a secret as it was read from the environment or a file:
// surrounding white space is dropped, anything that could not be a token is an
// error that does not repeat it.
func NewSecret(s string) (Secret, error) {
	s = strings.TrimSpace(s)
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return Secret{}, errors.New("it holds a blank, a line break or a character outside ASCII; was more than the token copied?")
		}
	}
	return Secret{s}, nil
}

// Empty reports whether there is no secret.
func (s Secret) Empty() bool { return s.value == "" }

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// proof is appsecret_proof: the lower-case hex HMAC-SHA256 of the access token
// under the app secret (Graph API guide, "Secure requests").
func proof(appSecret, token Secret) string {
	m := hmac.New(sha256.New, []byte(appSecret.value))
	m.Write([]byte(token.value))
	return hex.EncodeToString(m.Sum(nil))
}
