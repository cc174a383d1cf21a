package dispatch

import (
	"container/heap"
	"time"

	"adferry/jobs/quota"
)

// timers are what is due at a later moment: a heap, soonest first.
type timers []timer

type timer struct {
	at time.Time
	do func()
}

func (h *timers) add(at time.Time, do func()) { heap.Push(h, timer{at, do}) }

// due takes the soonest that is due, or returns nil.
func (h *timers) due(now time.Time) func() {
	if h.next().After(now) {
		return nil
	}
	return heap.Pop(h).(timer).do
}

// next is when the soonest is due.
func (h timers) next() time.Time {
	if len(h) == 0 {
		return quota.Never
	}
	return h[0].at
}

func (h timers) Len() int           { return len(h) }
func (h timers) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timers) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timers) Push(x any)        { *h = append(*h, x.(timer)) }
func (h *timers) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = timer{}
	*h = old[:len(old)-1]
	return last
}

// sleepers are the lanes that could send at a later moment, soonest first.
type sleepers []*Lane

func (h sleepers) Len() int           { return len(h) }
func (h sleepers) Less(i, j int) bool { return h[i].wake.Before(h[j].wake) }
func (h sleepers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *sleepers) Push(x any) {
	l := x.(*Lane)
	l.index = len(*h)
	*h = append(*h, l)
}
func (h *sleepers) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	last.index = -1
	return last
}
