package quota

import (
	"math"
	"time"
)

// ticks is the number of parts into which a second is divided.
const ticks = 50

// burst keeps the calls of one lane below the limit per second (Pace). Until it is known
// whether the documented limit holds, the lane stays below it, except for one trial a
// little above it. It spreads its calls over the second, as Meta advises, so that at most
// a fifth of them are in flight when another limit refuses them.
type burst struct {
	Pace
	tick  int64
	count [ticks + 1]int32

	inTrial bool // this lane is in a trial
	tried   int  // calls that it has sent
	left    int  // answers until all of its calls are answered
}

// A trial sends trialCalls calls within trialSpan, so that one whole second of the API's
// clock has more of them than the limit.
const (
	trialCalls = 210
	trialSpan  = 2100 * time.Millisecond
)

// at moves the second forward to now.
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

// put adds calls that another process of ours sent at an earlier time; less than 0 takes back
// some of this lane.
func (b burst) put(at, now time.Time, calls int32) burst {
	b = b.at(now)
	if tick := at.UnixNano() / int64(time.Second/ticks); tick <= b.tick && tick >= b.tick-ticks && tick >= 0 {
		b.count[tick%(ticks+1)] += calls
	}
	return b
}

func (b burst) sum() (n int32) {
	for _, c := range b.count {
		n += c
	}
	return n
}

// limit is how many calls a second may have.
func (b burst) limit(s Share) float64 {
	switch {
	case !s.all():
		rate := float64(belowLimit)
		if b.holds {
			rate = b.rate
		}
		return max(1, s.of(rate))
	case b.holds:
		return b.rate
	case b.inTrial && b.tried < trialCalls:
		return aboveLimit
	}
	return belowLimit
}

// next is when one more call may be sent.
func (b burst) next(now time.Time, s Share) time.Time {
	if b.over && s.all() {
		return now
	}
	b = b.at(now)
	return Later(b.fallsBelow(now, ticks+1, b.limit(s)), b.fallsBelow(now, ticks/5, math.Ceil(b.limit(s)/5)))
}

// fallsBelow is when the last n ticks will have fewer than most calls.
func (b burst) fallsBelow(now time.Time, n int64, most float64) time.Time {
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

// spend counts a call. If the lane reaches the limit, it begins a trial whether the limit
// holds, unless worth is false because the lane's other limits are lower.
func (b burst) spend(now time.Time, flight int, worth bool) burst {
	b = b.at(now)
	b.count[b.tick%(ticks+1)]++
	known := b.holds || b.over || !b.trialAt.IsZero() && now.Sub(b.trialAt) <= trialTimeout
	switch {
	case b.inTrial && known && b.tried < trialCalls:
		if b.tried++; b.tried >= trialCalls {
			b.left = flight + 1
		}
		if now.Sub(b.trialAt) > trialSpan {
			b.inTrial, b.trialAt = false, time.Time{} // other limits slowed it down
		}
	case worth && !known && float64(b.sum())+1 > b.limit(0):
		b.trialAt, b.inTrial, b.tried = now, true, 0
	}
	return b
}

// passed records a call that was not throttled. If all calls of the trial were not, the
// limit does not hold.
func (b burst) passed(now time.Time) burst {
	b.Pace = b.Pace.passed(now)
	if b.inTrial && b.tried >= trialCalls {
		if b.left--; b.left <= 0 {
			b.over, b.inTrial, b.trialAt = true, false, time.Time{}
		}
	}
	return b
}

// refused records a throttle by this limit.
func (b burst) refused(now time.Time) burst {
	b = b.at(now)
	b.Pace, b.inTrial = b.Pace.refused(now, float64(b.sum()), b.inTrial), false
	return b
}

// adopt takes over what another lane learned.
func (b burst) adopt(p Pace) burst {
	b.inTrial = b.inTrial && p.trialAt.Equal(b.trialAt)
	b.Pace = p
	return b
}
