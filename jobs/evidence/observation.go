package evidence

import (
	"time"

	"adferry/graph"
)

// Known is what is known of an image in an ad account.
type Known uint8

// What may be known.
const (
	NotKnown Known = iota
	Seen           // it is there
	Absent         // it is not there
)

var knownNames = [...]string{"not known", "seen", "absent"}

func (k Known) String() string {
	if int(k) < len(knownNames) {
		return knownNames[k]
	}
	return knownNames[0]
}

// Observation is what a read told of one image in one ad account. The zero
// Observation tells nothing.
type Observation struct {
	Known   Known
	Sent    time.Time    // when the read left that told it: what it shows is as old as that, or newer
	Use     graph.Use    // of an image that is there
	Created time.Time    // since when the account has it, by the API's clock; zero when not told
	Since   time.Time    // the same by ours
	Image   *graph.Image // all that was told of it, where that was asked for
}

// Recent reports whether something is known that was asked at most so long before
// now.
func (o Observation) Recent(now time.Time, age time.Duration) bool {
	return o.Known != NotKnown && now.Sub(o.Sent) <= age
}
