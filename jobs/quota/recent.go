package quota

import "time"

// mostRecent is how long a call that another process of ours sent may be in flight: a header does
// not need to count it yet.
const mostRecent = 2 * time.Second

// recentTick is how precisely it is known when they were sent.
const recentTick = 100 * time.Millisecond

// recent are the points that other processes of ours sent within mostRecent.
type recent struct {
	tick   int64 // of the latest points, counted from 1970
	points [1 + mostRecent/recentTick]float32
	heard  time.Time     // when they were last told
	takes  time.Duration // that calls of this process took lately, and so those of the others
}

func (r recent) add(at, now time.Time, points float64) recent {
	n, tick := int64(len(r.points)), now.UnixNano()/int64(recentTick)
	r.tick = max(r.tick, tick-n)
	for ; r.tick < tick; r.tick++ {
		r.points[(r.tick+1)%n] = 0
	}
	if t := at.UnixNano() / int64(recentTick); t > r.tick-n {
		r.points[t%n] += float32(points)
	}
	r.heard = now
	return r
}

// took records that a call of this process took so long. It forgets longer ones slowly.
func (r recent) took(d time.Duration) recent {
	r.takes = min(max(d, r.takes-r.takes/16), mostRecent)
	return r
}

// flight is how long calls of other processes are taken to be in flight.
func (r recent) flight() time.Duration {
	if r.takes == 0 {
		return mostRecent
	}
	return r.takes + recentTick
}

// sum is how many of the points may be in flight.
func (r recent) sum(now time.Time) (points float64) {
	n, tick := int64(len(r.points)), now.UnixNano()/int64(recentTick)
	for t := max(tick-int64(r.flight()/recentTick), r.tick-n+1); t <= r.tick; t++ {
		points += float64(r.points[t%n])
	}
	return points
}

// inFlight is how much of points that another process of ours sent may have been in flight.
func (r recent) inFlight(now, sent time.Time, points float64) float64 {
	if now.Sub(sent) > r.flight() {
		return 0
	}
	return points
}
