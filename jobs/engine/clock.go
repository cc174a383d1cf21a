package engine

import "time"

// clock is how far the API's clock is ahead of ours, as far as the Date of its
// answers told: an answer took a while to come, so the largest difference seen is
// nearest to the truth, and never above it. The zero clock was never told.
type clock struct {
	ahead time.Duration
	told  bool
}

func (c clock) heard(date, now time.Time) clock {
	if ahead := date.Sub(now); !date.IsZero() && (!c.told || ahead > c.ahead) {
		return clock{ahead, true}
	}
	return c
}

// local gives a moment of the API's clock by ours, or no moment while its clock
// is not known.
func (c clock) local(at time.Time) time.Time {
	if !c.told {
		return time.Time{}
	}
	return at.Add(-c.ahead)
}

// clockSlack covers that both Date and created_time are whole seconds.
const clockSlack = 2 * time.Second
