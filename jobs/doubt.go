package jobs

import (
	"time"

	"adferry/graph"
)

// A write whose answer was lost may still take effect. Nothing is built on it, by an
// undo or a retry, before that can no longer be: what is read until then may be
// otherwise a second later.
const (
	// LatestDeparture is how long after a process last had its job for certain a write may
	// leave, where another process may have the job by then: see [Checkpoint].
	LatestDeparture = 20 * time.Second

	// onItsWay is how long a request may be under way: the time after which the client
	// gives one up, unless it was told otherwise.
	onItsWay = graph.DefaultTimeout

	// landing is how long after that it may take effect: ten times the 6 s after a cut
	// connection that were seen at most.
	landing = time.Minute

	// LongestDoubt is how long after its intent was written, or it was found to be lost, a write
	// can be in doubt at most.
	LongestDoubt = LatestDeparture + onItsWay + landing
)

// DoubtOver is when a write can no longer take effect whose answer is not known, and
// that left, or was found to be lost, at lastSent. The process that sent it had ended
// by the time ended, and its requests with it; zero: it may be going on.
func DoubtOver(lastSent, ended time.Time) time.Time {
	if ended.IsZero() {
		return lastSent.Add(LongestDoubt)
	}
	last := lastSent.Add(onItsWay)
	if ended.Before(last) {
		last = ended
	}
	return last.Add(landing)
}

// ClockSkew is how far the API's clock and ours may be apart before a time that it
// tells counts as later than one of ours.
const ClockSkew = 5 * time.Minute
