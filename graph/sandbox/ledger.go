package sandbox

import "time"

// A ledger adds up what was spent and forgets it over time. An earlier now counts as the
// latest one seen.
type ledger interface {
	used(now time.Time) float64
	add(now time.Time, n float64)
	// until is the time until used falls to target if nothing is added.
	until(now time.Time, target float64) time.Duration
}

// window divides time into slots, and forgets a slot len(points) slots later.
type window struct {
	slot   time.Duration
	points []float64
	last   int64 // number of the latest slot, counted from 1970
	sum    float64
}

func newWindow(span time.Duration, slots int) *window {
	return &window{slot: span / time.Duration(slots), points: make([]float64, slots)}
}

func (w *window) used(now time.Time) float64 {
	w.advance(now)
	return w.sum
}

func (w *window) add(now time.Time, n float64) {
	w.advance(now)
	w.points[w.index(w.last)] += n
	w.sum += n
}

func (w *window) until(now time.Time, target float64) time.Duration {
	w.advance(now)
	rest := w.sum
	if rest <= target {
		return 0
	}
	size := int64(len(w.points))
	for number := w.last - size + 1; number <= w.last; number++ {
		rest -= w.points[w.index(number)]
		if rest <= target+1e-9 {
			return time.Duration((number+size)*int64(w.slot) - now.UnixNano())
		}
	}
	return time.Duration(size) * w.slot
}

func (w *window) advance(now time.Time) {
	number := now.UnixNano() / int64(w.slot)
	if number <= w.last {
		return
	}
	first := max(w.last+1, number-int64(len(w.points))+1)
	for n := first; n <= number; n++ {
		w.points[w.index(n)] = 0
	}
	w.last = number
	w.sum = 0 // a new sum, so that rounding errors do not add up
	for _, n := range w.points {
		w.sum += n
	}
}

func (w *window) index(number int64) int { return int(number % int64(len(w.points))) }

// clockHour forgets everything at the top of the hour.
type clockHour struct {
	hour int64
	n    float64
}

func (c *clockHour) used(now time.Time) float64 {
	if hour := now.Unix() / 3600; hour > c.hour {
		c.hour, c.n = hour, 0
	}
	return c.n
}

func (c *clockHour) add(now time.Time, n float64) { c.n = c.used(now) + n }

func (c *clockHour) until(now time.Time, target float64) time.Duration {
	if c.used(now) <= target {
		return 0
	}
	return time.Unix((c.hour+1)*3600, 0).Sub(now)
}

// leak drains at a constant rate.
type leak struct {
	perSecond float64
	level     float64
	at        time.Time
}

func (l *leak) used(now time.Time) float64 {
	if now.After(l.at) {
		if !l.at.IsZero() {
			l.level = max(0, l.level-l.perSecond*now.Sub(l.at).Seconds())
		}
		l.at = now
	}
	return l.level
}

func (l *leak) add(now time.Time, n float64) { l.level = l.used(now) + n }

func (l *leak) until(now time.Time, target float64) time.Duration {
	over := l.used(now) - target
	if over <= 0 {
		return 0
	}
	return time.Duration(over / l.perSecond * float64(time.Second))
}
