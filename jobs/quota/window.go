package quota

import "time"

// slots is the number of parts of a window's span.
const slots = 120

// window is the sum of what was spent within a rolling span. It forgets a whole slot when
// all of it has left the span, so the sum is never too low.
type window struct {
	slot  int64 // number of the latest slot, counted from 1970
	count [slots + 1]float32
	sum   float64
}

// at moves the window forward to now.
func (w window) at(now time.Time, span time.Duration) window {
	newest := now.UnixNano() / int64(span/slots)
	if newest-w.slot > slots {
		return window{slot: newest}
	}
	for w.slot < newest {
		w.slot++
		w.sum -= float64(w.count[w.slot%(slots+1)])
		w.count[w.slot%(slots+1)] = 0
	}
	return w
}

func (w window) add(now time.Time, n float64, span time.Duration) window {
	w = w.at(now, span)
	w.count[w.slot%(slots+1)] += float32(n)
	w.sum += n
	return w
}

// since is at least what was spent in the last part of the span.
func (w window) since(now time.Time, part, span time.Duration) (sum float64) {
	w = w.at(now, span)
	for s := max(0, w.slot-min(int64(part/(span/slots))+1, slots)); s <= w.slot; s++ {
		sum += float64(w.count[s%(slots+1)])
	}
	return sum
}

// respan is the same window of another span, as far as it remembers.
func (w window) respan(now time.Time, from, to time.Duration) window {
	w = w.at(now, from)
	other := window{}.at(now, to)
	for s := max(0, w.slot-slots); s <= w.slot; s++ {
		at := time.Unix(0, (s+1)*int64(from/slots)-1)
		if n := float64(w.count[s%(slots+1)]); n > 0 && now.Sub(at) < to {
			other = other.put(Earlier(at, now), n, to)
		}
	}
	return other
}

// put adds what was spent at an earlier time; less than 0 takes it back.
func (w window) put(at time.Time, n float64, span time.Duration) window {
	if s := at.UnixNano() / int64(span/slots); s >= 0 && s <= w.slot && s >= w.slot-slots {
		w.count[s%(slots+1)] += float32(n)
		w.sum += n
	}
	return w
}

// fallsTo is when the sum will be down to the target if nothing is added.
func (w window) fallsTo(now time.Time, target float64, span time.Duration) time.Time {
	w = w.at(now, span)
	left := w.sum
	width := int64(span / slots)
	for s := w.slot - slots; s <= w.slot && left > target+1e-6; s++ {
		if s < 0 {
			continue
		}
		if left -= float64(w.count[s%(slots+1)]); left <= target+1e-6 {
			return time.Unix(0, (s+slots+1)*width)
		}
	}
	return now
}
