package reports

import "time"

const (
	windowStep  = time.Second
	windowSteps = 30
)

// rateWindow measures the rate over the last half minute.
type rateWindow struct {
	began time.Time
	first int64 // settled when it began
	ring  [windowSteps]mark
	n     int // marks set so far
}

type mark struct {
	at      time.Time
	settled int64
}

func newRateWindow(now time.Time, settled int64) rateWindow {
	w := rateWindow{began: now, first: settled}
	w.set(now, settled)
	return w
}

func (w *rateWindow) set(now time.Time, settled int64) {
	w.ring[w.n%windowSteps] = mark{now, settled}
	w.n++
}

// rate is in operations a second.
func (w *rateWindow) rate(now time.Time, settled int64) float64 {
	newest := w.ring[(w.n-1)%windowSteps]
	if now.Sub(newest.at) >= windowStep {
		w.set(now, settled)
	}
	oldest := w.ring[max(w.n-windowSteps, 0)%windowSteps]
	return perSecond(settled-oldest.settled, now.Sub(oldest.at))
}

// left estimates the time until all is settled, negative if nothing tells. While
// accounts wait, the last half minute says little: the rate since the start has
// such waits in it.
func (w *rateWindow) left(now time.Time, settled, total int64, waiting bool) time.Duration {
	if settled >= total {
		return 0
	}
	rate := w.rate(now, settled)
	if average := perSecond(settled-w.first, now.Sub(w.began)); waiting || rate == 0 {
		rate = average
	}
	if rate == 0 {
		return -1
	}
	return toDuration(float64(total-settled) / rate)
}

func perSecond(n int64, d time.Duration) float64 {
	if n <= 0 || d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
