package reports

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/outlook"
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

// progressChart is the progress over time, in rows.
type progressChart struct {
	Settled, Area, Failed string // paths
	Waiting               []box  // while nothing moved, or ad accounts had to wait
	Y, X                  []tick
	Period                string
	Label                 string // in words
}

// newProgressChart returns nil where there is too little to see.
func newProgressChart(samples []jobs.Sample, totals jobs.Totals, axis timeAxis) *progressChart {
	if len(samples) < 2 || axis.empty() {
		return nil
	}
	points := inRows(withStalls(samples), totals)
	waits := waiting(points, axis)
	points = thin(points, axis)
	most, failed := 0, 0
	for _, p := range points {
		most, failed = max(most, p.Settled), max(failed, p.Failed)
	}
	top, ys := countScale(most)
	c := &progressChart{Y: ys, X: axis.ticks(), Period: axis.period(), Waiting: waits}
	c.Settled = path(points, axis, top, func(p point) int { return p.Settled })
	c.Area = fmt.Sprintf("%sV%dH%sZ", c.Settled, curveSize, coordinate(axis.at(points[0].At)))
	if failed > 0 {
		c.Failed = path(points, axis, top, func(p point) int { return p.Failed })
	}
	c.Label = fmt.Sprintf("%s ended in %s, %s of them failed",
		Counted(totals.Settled(), "row", "rows"), span(axis.to.Sub(axis.from)), count(totals.Failed))
	return c
}

// point is a place on the curves.
type point struct {
	jobs.Sample
	stalled bool // nothing moved from here to the next point
}

// withStalls adds a point where the job came to a standstill: a run that is awake notes
// its progress every so often, so what was settled between two samples that are far apart
// was settled soon after the first of them.
func withStalls(samples []jobs.Sample) (points []point) {
	step := outlook.Step(samples)
	for i, s := range samples {
		points = append(points, point{Sample: s})
		if i+1 == len(samples) {
			break
		}
		next := samples[i+1]
		if next.At.Sub(s.At) <= 2*step {
			continue
		}
		if next.Settled == s.Settled {
			points[len(points)-1].stalled = true
			continue
		}
		stop := next
		stop.At, stop.Parked = s.At.Add(step), s.Parked
		points = append(points, point{stop, true})
	}
	return points
}

// inRows makes rows of operations, of which a move has two, by their share in the whole;
// the last point is what the totals say.
func inRows(points []point, totals jobs.Totals) []point {
	last := points[len(points)-1]
	for i := range points {
		points[i].Settled = share(points[i].Settled, last.Settled, totals.Settled())
		points[i].Failed = min(share(points[i].Failed, last.Failed, totals.Failed), points[i].Settled)
	}
	points[len(points)-1].Settled, points[len(points)-1].Failed = totals.Settled(), totals.Failed
	return points
}

func share(n, of, whole int) int {
	if of == 0 {
		return 0
	}
	return int(int64(n) * int64(whole) / int64(of))
}

// thin keeps the last point of each bit of the width, and always the first.
func thin(points []point, axis timeAxis) []point {
	kept := points[:1:1]
	slot := -1
	for _, s := range points[1:] {
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

func path(points []point, axis timeAxis, top int, value func(point) int) string {
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

// waiting are the stretches in which nothing moved, or at whose start an account was parked.
func waiting(points []point, axis timeAxis) (boxes []box) {
	var all []stretch
	for i := range len(points) - 1 {
		if points[i].Parked > 0 || points[i].stalled {
			all = append(all, stretch{points[i].At, points[i+1].At})
		}
	}
	for _, s := range axis.merge(all) {
		boxes = append(boxes, axis.box(s.from, s.to))
	}
	return boxes
}

// stretch is a stretch of time.
type stretch struct{ from, to time.Time }

// merge makes one of stretches that overlap or are too close to be seen apart. They come by
// their beginnings.
func (a timeAxis) merge(all []stretch) (merged []stretch) {
	near := a.to.Sub(a.from) / maxBoxes
	for _, s := range all {
		if last := len(merged) - 1; last >= 0 && s.from.Sub(merged[last].to) <= near {
			merged[last].to = latest(merged[last].to, s.to)
		} else {
			merged = append(merged, s)
		}
	}
	return merged
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
