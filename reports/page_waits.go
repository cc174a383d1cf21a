package reports

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

const (
	maxLanes = 25  // in the picture, the ones that waited longest
	maxBoxes = 300 // of a lane: waits closer than that are drawn as one
)

// waitChart is who had to wait, and when.
type waitChart struct {
	Lanes  []lane
	More   int // lanes that are not in the picture
	Ticks  []tick
	Period string
}

// lane is one ad account's waits.
type lane struct {
	Account string
	Boxes   []box
	Times   int
	Total   string
	Codes   string
	total   time.Duration
}

// newWaitChart returns nil if nobody had to wait.
func newWaitChart(parks []jobs.Park, axis timeAxis) *waitChart {
	if len(parks) == 0 || axis.empty() {
		return nil
	}
	byAccount := make(map[plan.Account][]jobs.Park)
	for _, p := range parks {
		byAccount[p.Account] = append(byAccount[p.Account], p)
	}
	w := &waitChart{Ticks: axis.ends(), Period: axis.period()}
	for account, ps := range byAccount {
		w.Lanes = append(w.Lanes, newLane(account, ps, axis))
	}
	slices.SortFunc(w.Lanes, func(a, b lane) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.Account, b.Account))
	})
	if len(w.Lanes) > maxLanes {
		w.More = len(w.Lanes) - maxLanes
		w.Lanes = w.Lanes[:maxLanes]
	}
	return w
}

func newLane(account plan.Account, parks []jobs.Park, axis timeAxis) lane {
	l := lane{Account: accountName(account), Times: len(parks)}
	slices.SortFunc(parks, func(a, b jobs.Park) int { return a.From.Compare(b.From) })
	var names []string
	var all []stretch
	var busy time.Time
	for _, p := range parks {
		if name := codes(p.Code, p.Subcode); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		until := earliest(p.Until, axis.to)
		l.total += max(until.Sub(latest(p.From, busy)), 0) // overlapping waits count once
		busy = latest(busy, until)
		all = append(all, stretch{p.From, until})
	}
	for _, s := range axis.merge(all) {
		b := axis.box(s.from, s.to)
		b.Title = fmt.Sprintf("waited from %s for %s", s.from.UTC().Format("15:04:05"), span(s.to.Sub(s.from)))
		l.Boxes = append(l.Boxes, b)
	}
	slices.Sort(names)
	l.Codes, l.Total = list(names), span(l.total)
	return l
}

// accountName names the lane of an ad account, or of the app under "".
func accountName(a plan.Account) string {
	if a == "" {
		return "whole app"
	}
	return a.Act()
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
