package credentials

import (
	"sync/atomic"

	"adferry/graph"
)

// redaction takes secrets out of texts. It forgets none, so that a token that was renewed is
// not shown afterwards either.
type redaction struct {
	secrets []graph.Secret
	redact  atomic.Pointer[func(string) string] // of these
}

// add has the secrets of a credential taken out, too. One goroutine at a time may call it,
// also while others call Redact.
func (r *redaction) add(all ...*Credential) {
	for _, c := range all {
		r.secrets = append(r.secrets, c.Secrets()...)
	}
	redact := graph.Redactor(r.secrets...)
	r.redact.Store(&redact)
}

// Redact takes the secrets of all credentials out of a text, also those of tokens that were
// renewed. It is safe for concurrent use.
func (s *Set) Redact(text string) string { return (*s.redaction.redact.Load())(text) }
