package evidence

import (
	"time"

	"adferry/graph"
)

// Known says what is known about an image in an ad account.
type Known uint8

// What may be known.
const (
	NotKnown Known = iota
	Seen           // it is in the account
	Absent         // it is not in the account
)

// DoubtPause is the wait before asking once more for an image whose absence would be told
// although nothing was sent that explains it: the first answer may have come from a stale
// replica.
const DoubtPause = time.Second

// Observation is what a read showed about one image in one ad account. The zero value
// says nothing.
type Observation struct {
	Known   Known
	Sent    time.Time    // when the read was sent; the state that it shows is not older
	Use     graph.Use    // of an image that was seen
	Users   []string     // ids of creatives that use it, as far as the answer names them
	Created time.Time    // created_time, by the API's clock; zero if unknown
	Since   time.Time    // Created by our clock
	Image   *graph.Image // the whole image, if it was asked for
}

// Recent reports whether the observation says something and its read was sent at most age
// before now.
func (o Observation) Recent(now time.Time, age time.Duration) bool {
	return o.Known != NotKnown && now.Sub(o.Sent) <= age
}
