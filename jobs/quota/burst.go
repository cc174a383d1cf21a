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
	mine  bool // the trial is this lane's
	tick  int64
	count [ticks + 1]int32
}

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
	case b.mine:
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
func (b burst) spend(now time.Time, worth bool) burst {
	b = b.at(now)
	b.count[b.tick%(ticks+1)]++
	known := b.holds || b.over || !b.trial.IsZero() && now.Sub(b.trial) <= trialTime
	if worth && !known && float64(b.sum())+1 > b.limit() {
		b.trial, b.mine = now, true
	}
	return b
}

// passed notes a call that was let through: two seconds above the limit show
// that it does not hold.
func (b burst) passed(now time.Time) burst {
	b.Pace = b.Pace.passed(now)
	if !b.mine {
		return b
	}
	switch since := now.Sub(b.trial); {
	case since > trialTime:
		b.mine = false
	case since > 2*time.Second && b.at(now).sum() > perSecond:
		b.over, b.mine, b.trial = true, false, time.Time{}
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
