package quota

import "time"

// perSecond is the documented limit of requests a second of an app and ad
// account (Marketing API, "Rate limiting"). It is documented for edits of ads,
// ad sets and campaigns; whether it holds for images is not.
const perSecond = 100

// The rates tried on both sides of the limit: one call fewer, for the API's
// second may begin elsewhere in a tick, and as few more as surely exceed it.
const (
	belowLimit = perSecond * 0.99
	aboveLimit = perSecond * 1.06
)

// ticks is how finely the last second is looked at.
const ticks = 50

// burst is the shadow of that limit. Until something shows whether it holds, the
// lane stays below it, and once goes a little above it.
type burst struct {
	over  bool    // it does not hold
	holds bool    // it does, at rate
	rate  float64 // calls in any one second; 10 at least, to find out more soon
	tick  int64
	count [ticks + 1]int32
	cut   time.Time     // when rate was last changed
	calm  time.Duration // after which a higher rate is tried; doubles each time it was too high
	tried time.Time     // when the lane went above
	full  time.Time     // when the lane first came up to the limit
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
	case !b.tried.IsZero():
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
	if float64(b.sum())+1 <= b.limit() {
		return now
	}
	over := float64(b.sum()) + 1 - b.limit()
	width := int64(time.Second / ticks)
	for t := b.tick - ticks; t <= b.tick; t++ {
		if t < 0 {
			continue
		}
		if over -= float64(b.count[t%(ticks+1)]); over <= 0 {
			return time.Unix(0, (t+ticks+1)*width)
		}
	}
	return now.Add(time.Second)
}

// spend counts a call. When the lane has been up to the limit for more than a
// second, it is worth knowing whether it holds.
func (b burst) spend(now time.Time) burst {
	b = b.at(now)
	b.count[b.tick%(ticks+1)]++
	switch {
	case b.holds, b.over, float64(b.sum())+1 <= b.limit():
	case b.full.IsZero():
		b.full = now
	case b.tried.IsZero() && now.Sub(b.full) > time.Second:
		b.tried = now
	}
	return b
}

// documented reports whether the rate is the documented one or little less:
// there it stays. Any other was a guess, and may grow.
func (b burst) documented() bool { return b.rate >= perSecond*0.9 && b.rate <= perSecond }

// passed notes a call that was let through: two seconds above the limit show
// that it does not hold.
func (b burst) passed(now time.Time) burst {
	switch {
	case !b.holds && !b.tried.IsZero() && now.Sub(b.tried) > 2*time.Second:
		b.over = true
	case b.calm > 0 && now.Sub(b.cut) > b.calm && !b.documented():
		b.rate, b.cut = b.rate*1.15, now
	}
	return b
}

// refused notes the throttle of this limit. Refused just above the documented
// rate, that rate holds; far above or below it, something else does.
func (b burst) refused(now time.Time) burst {
	b = b.at(now)
	if b.holds && now.Sub(b.cut) < time.Second {
		return b // the same excess
	}
	b.cut = now
	switch {
	case b.over:
		b.rate = max(belowLimit, float64(b.sum())*0.75)
	case !b.holds && !b.tried.IsZero():
		b.rate = belowLimit
	case !b.holds:
		b.rate = max(10, float64(b.sum())*0.75)
	default:
		b.rate = max(10, b.rate*0.8)
	}
	b.holds, b.over, b.calm = true, false, max(10*time.Second, 2*b.calm)
	return b
}
