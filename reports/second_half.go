package reports

import (
	"fmt"
	"io"
	"iter"
	"strings"

	"adferry/jobs/uses"
)

// verdictTexts say why source images are left out of the second half of a consolidation.
var verdictTexts = map[uses.Verdict]string{
	uses.OwnDeletion: "the job deletes it itself",
	uses.CopiedThere: "the job brought it there: it is the copy of another source",
	uses.CopyFailed:  "not every copy of it was carried out",
	uses.NotRead:     "it, or a copy of it, could not be read",
	uses.CopyMissing: "a copy of it is not in its target any more",
	uses.SourceGone:  "it is not there any more",
	uses.NotActive:   "its status is not ACTIVE",
	uses.InUse:       "a creative uses it",
	uses.UseUnknown:  "the API does not tell whether it is in use",
}

// SecondHalf counts the source images of a job by the verdict on them, and names the first
// that people can do something about.
type SecondHalf struct {
	by    map[uses.Verdict]int
	named []string
	more  int // that could have been named
}

// Add counts an image.
func (s *SecondHalf) Add(c uses.Candidate) {
	if s.by == nil {
		s.by = map[uses.Verdict]int{}
	}
	s.by[c.Verdict]++
	switch c.Verdict {
	case uses.MayGo, uses.OwnDeletion, uses.CopiedThere, uses.SourceGone:
		return
	}
	if len(s.named) == mostNamed {
		s.more++
		return
	}
	s.named = append(s.named, fmt.Sprintf("left out: %s of %s: %s", c.Hash, c.Account.Act(), whyLeft(c)))
}

// mostCreatives is how many creatives of one image a line names.
const mostCreatives = 5

func whyLeft(c uses.Candidate) string {
	ids := c.Use.Creatives
	switch {
	case c.Verdict != uses.InUse:
		return verdictTexts[c.Verdict]
	case len(ids) == 0:
		return "in use by creatives that the API does not name"
	}
	names := OneLine(strings.Join(ids[:min(mostCreatives, len(ids))], ", "))
	if more := len(ids) - mostCreatives; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return "in use by " + pick(len(ids) == 1, "creative ", "creatives ") + names
}

// Text tells a person what is in the second half, and what is not.
func (s *SecondHalf) Text() string {
	var b strings.Builder
	for _, line := range s.named {
		fmt.Fprintln(&b, line)
	}
	if s.more > 0 {
		fmt.Fprintf(&b, "... and %s more; --left-out FILE lists them all\n", count(s.more))
	}
	t := newTable(1)
	t.add("source images", "", "")
	for _, v := range uses.Verdicts() {
		if n := s.by[v]; n > 0 || v == uses.MayGo {
			text := "may be deleted: all copies seen, not in use"
			if v != uses.MayGo {
				text = string(v) + ": " + verdictTexts[v]
			}
			t.add("", count(n), text)
		}
	}
	t.write(&b)
	return b.String()
}

// WriteLeftOut writes the source images that are left out of the second half, as CSV: one row
// for each, or for each creative that uses it.
func WriteLeftOut(w io.Writer, candidates iter.Seq2[uses.Candidate, error]) error {
	out := newCSVWriter(w)
	out.names("source_account", "source_hash", "reason", "creative_id")
	_ = out.end() // an error stays with the buffer and comes up again
	for c, err := range candidates {
		if err != nil {
			return err
		}
		if c.Verdict == uses.MayGo {
			continue
		}
		ids := []string{""}
		if c.Verdict == uses.InUse && len(c.Use.Creatives) > 0 {
			ids = c.Use.Creatives
		}
		for _, id := range ids {
			out.account(c.Account)
			out.names(string(c.Hash), string(c.Verdict))
			out.foreign(id)
			if err := out.end(); err != nil {
				return err
			}
		}
	}
	return out.w.Flush()
}
