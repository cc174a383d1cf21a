package cleanup

import (
	"fmt"
	"strings"
	"time"
)

// Describe says in words which images the policy deletes as of now, with the last
// moment at which such an image was created. People agree to this text, and the job
// keeps it.
func (p Policy) Describe(now time.Time) string {
	words := []string{"unused images"}
	switch until := "until " + p.Cutoff(now).Format(cutoffFormat); {
	case p.age() == 0:
		words = append(words, "of any age")
	case p.OlderThan >= p.MinAge:
		words = append(words, fmt.Sprintf("created at least %s ago (%s)", FormatAge(p.OlderThan), until))
	default:
		words = append(words, fmt.Sprintf("created at least %s ago (--min-age; %s)", FormatAge(p.MinAge), until))
	}
	if p.Name != "" {
		words = append(words, fmt.Sprintf("with a name that matches %q", p.Name))
	}
	switch n := p.Keep.Len(); n {
	case 0:
	case 1:
		words = append(words, "except for 1 entry of --keep")
	default:
		words = append(words, fmt.Sprintf("except for %d entries of --keep", n))
	}
	return strings.Join(words, ", ")
}

const cutoffFormat = "2006-01-02 15:04 UTC"

// Cutoff is the last moment at which an image that the policy deletes was created, in
// UTC; zero where it asks for no age.
func (p Policy) Cutoff(now time.Time) time.Time {
	age := p.age()
	if age == 0 {
		return time.Time{}
	}
	return now.UTC().Add(-age)
}
