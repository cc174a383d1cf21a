package engine

import (
	"time"

	"adferry/jobs"
)

// maker says whose doing an image is that is in the target after a write.
type maker uint8

const (
	makerUnknown maker = iota
	makerJob           // a write of the operation made it: an undo takes it back
	makerOther
)

// makerOf judges by what was known before the first write left and by the age that
// the API tells, which is evidence of its own: absent says that the image was known
// not to be there, and since is when the account got it, by our clock, or zero. Whether
// a copy keeps the age of its source is not documented; what looks older than the
// write is not taken for its doing.
func makerOf(o jobs.Outcome, absent bool, since time.Time) maker {
	switch {
	case since.IsZero() && absent:
		return makerJob
	case since.IsZero():
		return makerUnknown
	case since.Before(o.Started.Add(-clockSlack)), !o.LastSent.IsZero() && since.After(o.LastSent.Add(jobs.LongestDoubt+clockSlack)):
		return makerOther
	}
	return makerJob
}
