package quota

import (
	"math"
	"time"
)

// Most is how many calls of this cost the lane's budgets hold together, if nothing
// else was sent for a while and they are to leave within so long. A tenth and a read stay free
// for what else is sent meanwhile.
func (l Lane) Most(c Cost, within time.Duration, r Rules) int {
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
			most = min(most, int(b.m.full()*0.9-1)/b.each)
		}
	}
	return max(1, most)
}

// Earns is how long the budgets take to make room for a cost once they are used up.
func (l Lane) Earns(c Cost) time.Duration {
	var longest time.Duration
	for _, b := range []struct {
		m    meter
		cost int
		span time.Duration
	}{{l.calls, c.Calls, callSpan}, {l.score, c.Points, scoreSpan}} {
		if b.m.limit > 0 {
			longest = max(longest, time.Duration(float64(b.cost)/b.m.limit*float64(b.span)))
		}
	}
	return longest
}
