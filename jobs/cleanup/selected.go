package cleanup

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs/review"
	"adferry/plan"
)

// listed are the fields that a listing asks for: what the policy reads, and what a person
// looks at.
var listed = slices.Concat(policyFields, []string{graph.FieldThumbnail, graph.FieldWidth, graph.FieldHeight})

// Selected is an image that goes: its picture, and the note of its row.
type Selected struct {
	review.Picture
	Note string
}

// Image names the image.
func (s Selected) Image() (plan.Account, plan.Hash) { return s.Account, s.Hash }

// longestLink bounds a link in the temporary file; Meta's have some 500 characters.
const longestLink = 4096

// selected is what is kept of an image that the policy selects as of now.
func (p Policy) selected(a plan.Account, i graph.Image, now time.Time) Selected {
	s := Selected{review.Of(a, i), noteOf(i)}
	s.Hash, _ = plan.ParseHash(i.Hash) // it is valid, see Judge; no other is kept
	s.Why = p.Why(i, now)
	s.Name = plain(s.Name)
	if len(s.Thumbnail) > longestLink {
		s.Thumbnail = ""
	}
	return s
}

// Why says in words why the policy selects an image.
func (p Policy) Why(i graph.Image, now time.Time) string {
	words := []string{"unused"}
	if at, ok := created(i); ok && p.age() > 0 {
		words = append(words, fmt.Sprintf("created %s ago (at least %s)", roundAge(now.Sub(at)), FormatAge(p.age())))
	}
	if p.Name != "" {
		words = append(words, fmt.Sprintf("name matches %q", p.Name))
	}
	return strings.Join(words, "; ")
}

// roundAge spells an age in whole days, or hours if it is less than one.
func roundAge(d time.Duration) string {
	if d >= day {
		return FormatAge(d.Truncate(day))
	}
	return FormatAge(d.Truncate(time.Hour))
}

// row is the row of the manifest.
func (s Selected) row() plan.Line {
	return plan.Line{Verb: plan.Delete, Source: s.Account, Hash: s.Hash, Note: s.Note}
}
