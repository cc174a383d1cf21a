package reports

import (
	"math"
	"strconv"
	"time"
)

// pct is a position or length in percent of a picture's width or height: charts
// are drawn in percent so that they fit any screen with their text unscaled.
type pct string

func toPct(fraction float64) pct {
	return pct(strconv.FormatFloat(100*min(max(fraction, 0), 1), 'f', 2, 64) + "%")
}

// timeAxis maps the time that the charts show to their width.
type timeAxis struct {
	from, to time.Time
}

func (a timeAxis) empty() bool { return !a.to.After(a.from) }

// at is a fraction of the width, within the picture.
func (a timeAxis) at(t time.Time) float64 {
	f := float64(t.Sub(a.from)) / float64(a.to.Sub(a.from))
	return min(max(f, 0), 1)
}

// tick is a labelled place on an axis.
type tick struct {
	At     pct
	Anchor string // of the label: start, middle or end
	Label  string
}

// timeSteps are distances between ticks that people count in.
var timeSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour,
}

// maxTimeTicks have room on a telephone.
const maxTimeTicks = 5

func (a timeAxis) ticks() []tick {
	if a.empty() {
		return nil
	}
	length := a.to.Sub(a.from)
	step := length
	for _, s := range timeSteps {
		most := maxTimeTicks
		switch { // labels with seconds, or with the day, are longer
		case s < time.Minute:
			most = maxTimeTicks - 1
		case s < 24*time.Hour && length > 24*time.Hour:
			most = maxTimeTicks - 2
		}
		if length/s < time.Duration(most) {
			step = s
			break
		}
	}
	format := "15:04"
	switch {
	case step < time.Minute:
		format = "15:04:05"
	case step >= 24*time.Hour:
		format = "2 Jan"
	case length > 24*time.Hour:
		format = "2 Jan 15:04"
	}
	var ts []tick
	for t := a.from.UTC().Truncate(step); !t.After(a.to); t = t.Add(step) {
		if t.Before(a.from) {
			continue
		}
		x := a.at(t)
		ts = append(ts, tick{toPct(x), anchor(x), t.Format(format)})
	}
	return ts
}

// ends are ticks for a picture with room for two labels only.
func (a timeAxis) ends() []tick {
	format := "15:04:05"
	if a.to.Sub(a.from) > 24*time.Hour {
		format = "2 Jan 15:04"
	}
	return []tick{{toPct(0), "start", a.from.UTC().Format(format)}, {toPct(1), "end", a.to.UTC().Format(format)}}
}

// anchor keeps a label near an edge inside the picture.
func anchor(x float64) string {
	switch {
	case x < 0.07:
		return "start"
	case x > 0.93:
		return "end"
	}
	return "middle"
}

// countScale is a round number at or above most, and the ticks up to it.
func countScale(most int) (top int, ticks []tick) {
	step := 1.0
	for _, unit := range []float64{1, 2, 5} {
		// The smallest of 1, 2 and 5 times a power of ten that needs four steps at most.
		s := unit * math.Pow(10, math.Ceil(math.Log10(max(float64(most), 1)/4/unit)))
		if s = max(s, 1); unit == 1 || s < step {
			step = s
		}
	}
	n := int(math.Ceil(float64(max(most, 1)) / step))
	top = n * int(step)
	for i := 1; i <= n; i++ {
		v := i * int(step)
		ticks = append(ticks, tick{At: toPct(1 - float64(v)/float64(top)), Label: count(v)})
	}
	return top, ticks
}
