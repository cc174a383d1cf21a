package quota

import (
	"math"
	"time"
)

// MaxCalls is how many calls of this cost the lane may send within a time if it sent nothing
// for a while. A tenth of the budgets and a read are left for other calls.
func (l Lane) MaxCalls(c Cost, within time.Duration, r Rules) int {
	most := math.MaxInt32
	if r.MaxRate > 0 && c == Write {
		most = max(1, int(within.Seconds()*r.MaxRate/2))
	}
	if r.Mode == Off {
		return most
	}
	l = l.start(r)
	for _, b := range []struct {
		m    meter
		each int
	}{{l.calls, c.Calls}, {l.score, c.Points}} {
		if b.m.limit > 0 {
			most = min(most, int(r.Share.of(b.m.usable())*0.9-1)/b.each)
		}
	}
	return max(1, most)
}

// RefillTime is how long used-up budgets take to make room for a cost.
func (l Lane) RefillTime(c Cost) time.Duration {
	var longest time.Duration
	for _, b := range []struct {
		m    meter
		cost int
		span time.Duration
	}{{l.calls, c.Calls, l.calls.span(callSpan)}, {l.score, c.Points, l.score.span(scoreSpan)}} {
		if b.m.limit > 0 {
			longest = max(longest, time.Duration(float64(b.cost)/b.m.limit*float64(b.span)))
		}
	}
	return longest
}
