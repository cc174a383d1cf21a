package cleanup

import (
	"fmt"
	"strings"
	"time"
)

// Describe says in words which images the policy deletes as of a moment, with the
// last moment at which such an image was created: what people agree to, and what a
// job is remembered by.
func (p Policy) Describe(at time.Time) string {
	words := []string{"images that nothing uses"}
	switch age := max(p.OlderThan, p.MinAge); {
	case age == 0:
		words = append(words, "of any age")
	case p.OlderThan >= p.MinAge:
		words = append(words, "created at least "+FormatAge(age)+" ago, by "+p.Cutoff(at).Format(cutoffFormat))
	default:
		words = append(words, "created at least "+FormatAge(age)+" ago (--min-age), by "+p.Cutoff(at).Format(cutoffFormat))
	}
	if p.Name != "" {
		words = append(words, fmt.Sprintf("named like %q", p.Name))
	}
	text := strings.Join(words, ", ")
	if n := p.Keep.Len(); n == 1 {
		text += "; the 1 entry of --keep stays"
	} else if n > 1 {
		text += fmt.Sprintf("; the %d entries of --keep stay", n)
	}
	return text
}

const cutoffFormat = "2006-01-02 15:04 UTC"

// Cutoff is the last moment at which an image that goes was created, in UTC; zero
// where the policy asks for no age.
func (p Policy) Cutoff(at time.Time) time.Time {
	age := max(p.OlderThan, p.MinAge)
	if age == 0 {
		return time.Time{}
	}
	return at.UTC().Add(-age)
}
