package jobs

import "time"

// sooner is the earlier of two moments.
func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
