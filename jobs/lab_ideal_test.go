package jobs_test

import (
	"math"
	"time"

	"adferry/graph/sandbox"
)

// labIdeal is the least time in which n copies into one account and the reads
// that they demand fit into the limits.
func labIdeal(l sandbox.Limits, tier sandbox.Tier, n int) time.Duration {
	scale := l.Scale
	if scale == 0 {
		scale = 1
	}
	calls, score := 100_000.0, 9000.0
	if tier == sandbox.Limited {
		calls, score = 300, 60
	}
	others := 1.0
	if l.Others.Share > 0 {
		others = 1 - l.Others.Share*l.Others.Busy.Seconds()/l.Others.Period.Seconds()
	}
	calls, score = calls*scale, score*scale
	reads := float64((n + 49) / 50)
	total, points := float64(n)+reads, 3*float64(n)+reads
	// What this side allows: eight requests in flight with ten calls each, those
	// that read the source among them.
	least := (total + reads) / 10 / 8 * labLatency.Seconds()
	if l.BurstPerSecond > 0 {
		least = max(least, total/(float64(l.BurstPerSecond)*scale))
	}
	if l.HourlyCalls >= 0 && total > calls {
		if others < 1 {
			least = max(least, (total-calls)/(calls*others)*3600)
		} else {
			least = max(least, math.Floor((total-1)/calls)*3600)
		}
	}
	switch {
	case l.Score == sandbox.Linear:
		least = max(least, (points-score)/(score*others)*300)
	case l.Score == sandbox.Sliding:
		least = max(least, math.Floor((points-1)/score)*300)
	}
	return time.Duration(least*float64(time.Second)) + 3*labLatency
}
