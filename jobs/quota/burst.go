package quota

import (
	"math"
	"time"
)

// ticks is how finely the last second is looked at.
const ticks = 50

// burst keeps one lane's calls to the pace. Until something shows whether the
// documented limit holds, the lane stays below it, and once goes a little above
// it. It spreads its calls over the second, as Meta advises: no more than a fifth
// of them are on their way together when something else refuses them.
type burst struct {
	Pace
	tick  int64
	count [ticks + 1]int32

	mine  bool // the trial is this lane's
	tried int  // calls it has sent
	left  int  // answers until those to all of them are there
}

// A trial sends so many calls within so long: one whole second of the API's lies
// in it, and holds more than the limit.
const (
	trialCalls = 210
	trialSpan  = 2100 * time.Millisecond
)

// at moves the second on to now.
func (b burst) at(now time.Time) burst {
	tick := now.UnixNano() / int64(time.Second/ticks)
	if tick-b.tick > ticks {
		b.count, b.tick = [ticks + 1]int32{}, tick
		return b
	}
	for b.tick < tick {
		b.tick++
		b.count[b.tick%(ticks+1)] = 0
	}
	return b
}

func (b burst) sum() (n int32) {
	for _, c := range b.count {
		n += c
	}
	return n
}

// limit is how many calls one second may hold.
func (b burst) limit() float64 {
	switch {
	case b.holds:
		return b.rate
	case b.mine && b.tried < trialCalls:
		return aboveLimit
	}
	return belowLimit
}

// next is when one more call fits.
func (b burst) next(now time.Time) time.Time {
	if b.over {
		return now
	}
	b = b.at(now)
	return later(b.falls(now, ticks+1, b.limit()), b.falls(now, ticks/5, math.Ceil(b.limit()/5)))
}

// falls is when the last n ticks hold one call fewer than so many.
func (b burst) falls(now time.Time, n int64, most float64) time.Time {
	left := float64(1)
	for t := max(0, b.tick-n+1); t <= b.tick; t++ {
		left += float64(b.count[t%(ticks+1)])
	}
	for t := max(0, b.tick-n+1); t <= b.tick && left > most; t++ {
		if left -= float64(b.count[t%(ticks+1)]); left <= most {
			return time.Unix(0, (t+n)*int64(time.Second/ticks))
		}
	}
	return now
}

// spend counts a call. When the lane comes up to the limit, it is worth knowing
// whether that holds; unless its other limits are so low that nothing could be
// gained.
func (b burst) spend(now time.Time, flight int, worth bool) burst {
	b = b.at(now)
	b.count[b.tick%(ticks+1)]++
	known := b.holds || b.over || !b.trial.IsZero() && now.Sub(b.trial) <= trialTime
	switch {
	case b.mine && known && b.tried < trialCalls:
		if b.tried++; b.tried >= trialCalls {
			b.left = flight + 1
		}
		if now.Sub(b.trial) > trialSpan {
			b.mine, b.trial = false, time.Time{} // it had other things to wait for
		}
	case worth && !known && float64(b.sum())+1 > b.limit():
		b.trial, b.mine, b.tried = now, true, 0
	}
	return b
}

// passed notes a call that was let through. When all of the trial were, the
// limit does not hold.
func (b burst) passed(now time.Time) burst {
	b.Pace = b.Pace.passed(now)
	if b.mine && b.tried >= trialCalls {
		if b.left--; b.left <= 0 {
			b.over, b.mine, b.trial = true, false, time.Time{}
		}
	}
	return b
}

// refused notes the throttle of this limit.
func (b burst) refused(now time.Time) burst {
	b = b.at(now)
	b.Pace, b.mine = b.Pace.refused(now, float64(b.sum()), b.mine), false
	return b
}

// heed takes over what another lane learned.
func (b burst) heed(p Pace) burst {
	b.mine = b.mine && p.trial.Equal(b.trial)
	b.Pace = p
	return b
}
