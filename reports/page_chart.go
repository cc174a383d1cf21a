package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"adferry/jobs"
)

// maxPoints of a curve: more than a screen shows.
const maxPoints = 600

// curveSize is the width and height of the coordinates that curves are drawn in;
// the page stretches them.
const curveSize = 1000

// box is a stretch of time in a picture.
type box struct {
	X, Width pct
	Title    string
}

// progressChart is the progress over time.
type progressChart struct {
	Settled, Area, Failed string // paths
	Waiting               []box  // while ad accounts had to wait
	Y, X                  []tick
	Period                string
	Label                 string // in words
}

// newProgressChart returns nil where there is too little to see.
func newProgressChart(samples []jobs.Sample, axis timeAxis) *progressChart {
	if len(samples) < 2 || axis.empty() {
		return nil
	}
	most, last := 0, samples[len(samples)-1]
	for _, s := range samples {
		most = max(most, s.Settled)
	}
	top, ys := countScale(most)
	points := thin(samples, axis)
	c := &progressChart{Y: ys, X: axis.ticks(), Period: axis.period()}
	c.Settled = path(points, axis, top, func(s jobs.Sample) int { return s.Settled })
	c.Area = fmt.Sprintf("%sV%dH%sZ", c.Settled, curveSize, coordinate(axis.at(points[0].At)))
	if last.Failed > 0 {
		c.Failed = path(points, axis, top, func(s jobs.Sample) int { return s.Failed })
	}
	c.Waiting = waiting(points, axis)
	c.Label = fmt.Sprintf("%s settled over %s, %s of them failed",
		Counted(last.Settled, "operation", "operations"), span(axis.to.Sub(axis.from)), count(last.Failed))
	return c
}

// thin keeps the last sample of each bit of the width, and always the first.
func thin(samples []jobs.Sample, axis timeAxis) []jobs.Sample {
	kept := samples[:1:1]
	slot := -1
	for _, s := range samples[1:] {
		at := int(axis.at(s.At) * maxPoints)
		if at == slot {
			kept[len(kept)-1] = s
			continue
		}
		slot = at
		kept = append(kept, s)
	}
	return kept
}

func path(points []jobs.Sample, axis timeAxis, top int, value func(jobs.Sample) int) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(coordinate(axis.at(p.At)))
		b.WriteByte(' ')
		b.WriteString(coordinate(1 - float64(value(p))/float64(top)))
	}
	return b.String()
}

func coordinate(fraction float64) string {
	return strconv.FormatFloat(curveSize*fraction, 'f', 1, 64)
}

// waiting are the stretches between samples at whose start an account was parked.
func waiting(points []jobs.Sample, axis timeAxis) []box {
	var bs []box
	for i := 0; i < len(points)-1; i++ {
		if points[i].Parked == 0 {
			continue
		}
		from := points[i].At
		for i < len(points)-2 && points[i+1].Parked > 0 {
			i++
		}
		bs = append(bs, axis.box(from, points[i+1].At))
	}
	return bs
}

func (a timeAxis) box(from, to time.Time) box {
	x := a.at(from)
	return box{X: toPct(x), Width: toPct(max(a.at(to)-x, 0.002))}
}

func (a timeAxis) period() string {
	from, to := a.from.UTC(), a.to.UTC()
	end := "2 January 2006, 15:04"
	if from.YearDay() == to.YearDay() && from.Year() == to.Year() {
		end = "15:04"
	}
	return from.Format("2 January 2006, 15:04") + " to " + to.Format(end) + " UTC"
}
