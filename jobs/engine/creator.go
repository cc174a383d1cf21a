package engine

import (
	"time"

	"adferry/jobs"
)

// creator says whose doing an image is that is in the target after a write.
type creator uint8

const (
	creatorUnknown creator = iota
	creatorJob             // a write of the operation made it: an undo takes it back
	creatorOther
)

// creatorOf judges by what was known before the first write left and by the age that
// the API tells, which is evidence of its own: absent says that the image was known
// not to be there, and since is when the account got it, by our clock, or zero. Whether
// a copy keeps the age of its source is not documented; what looks older than the
// write is not taken for its doing.
func creatorOf(o jobs.Outcome, absent bool, since time.Time) creator {
	switch {
	case since.IsZero() && absent:
		return creatorJob
	case since.IsZero():
		return creatorUnknown
	case since.Before(o.Started.Add(-clockSlack)), !o.LastSent.IsZero() && since.After(o.LastSent.Add(jobs.LongestDoubt+clockSlack)):
		return creatorOther
	}
	return creatorJob
}
