package cleanup

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs/review"
	"adferry/jobs/spill"
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

// longestLink bounds a link in the temporary file; Meta's have some 500 characters.
const longestLink = 4096

// selected is what is kept of an image that the policy selects as of now.
func (p Policy) selected(a plan.Account, i graph.Image, now time.Time) Selected {
	s := Selected{review.Of(a, i), noteOf(i)}
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

// encode is the image without its account and hash.
func (s Selected) encode() (string, error) {
	s.Account, s.Hash = "", ""
	text, err := json.Marshal(s)
	return string(text), err
}

// decodeSelected reads what encode wrote. An error is a *[spill.Error].
func decodeSelected(a plan.Account, row spill.Row) (s Selected, err error) {
	if err := json.Unmarshal([]byte(row.Text), &s); err != nil {
		return s, &spill.Error{Err: fmt.Errorf("read temporary file: %w", err)}
	}
	s.Account, s.Hash = a, row.Hash
	return s, nil
}
