package simulation_test

import (
	"cmp"
	"math"
	"slices"
	"time"

	"adferry/graph/sandbox"
)

// place is one image in one ad account.
type place struct{ account, hash string }

// outside is a change that somebody else made.
type outside struct {
	at      time.Time
	place   place
	present bool
}

// history is what the server held, and when.
type history struct {
	initial map[place]bool
	effects map[place][]change
	all     []change // in order
	touched map[place]bool
}

// change is an effect on a place. Order is that of the server's log, in which what
// others did has its place between two effects.
type change struct {
	at      time.Time
	place   place
	present bool
	order   int
	outside bool
}

// orderOf is the order of the i-th effect in the server's log.
func orderOf(i int) int { return 2*i + 1 }

func (s *sim) history(log []sandbox.Effect) *history {
	h := &history{map[place]bool{}, map[place][]change{}, nil, map[place]bool{}}
	for _, i := range s.images {
		h.initial[place{i.account, i.Hash}] = i.Status != sandbox.Deleted && !s.account(i.account).missing
	}
	for i, e := range log {
		switch p := (place{e.Account, e.Hash}); {
		case !e.Changed:
		case e.Kind == sandbox.Delete:
			h.all = append(h.all, change{e.Time, p, false, orderOf(i), false})
		default:
			p.hash = e.Result
			h.all = append(h.all, change{e.Time, p, true, orderOf(i), false})
		}
	}
	for _, c := range s.changed {
		n, _ := slices.BinarySearchFunc(log, c.at, func(e sandbox.Effect, at time.Time) int { return e.Time.Compare(at) })
		h.all = append(h.all, change{c.at, c.place, c.present, 2 * n, true})
		h.touched[c.place] = true
	}
	slices.SortStableFunc(h.all, func(a, b change) int { return cmp.Compare(a.order, b.order) })
	for _, c := range h.all {
		h.effects[c.place] = append(h.effects[c.place], c)
	}
	return h
}

// was reports whether the place held its image, or did not, at some moment from
// one time to another.
func (h *history) was(p place, present bool, from, to time.Time) bool {
	state := h.initial[p]
	for _, c := range h.effects[p] {
		if c.at.After(to) {
			break
		}
		if state == present && !c.at.Before(from) {
			return true
		}
		state = c.present
	}
	return state == present
}

// before says whether the place held its image just before a change.
func (h *history) before(p place, order int) bool {
	state := h.initial[p]
	for _, c := range h.effects[p] {
		if c.order < order {
			state = c.present
		}
	}
	return state
}

func (h *history) end(p place) bool { return h.before(p, math.MaxInt) }

// brought says whether a write put the image there.
func (h *history) brought(p place) bool {
	return slices.ContainsFunc(h.effects[p], func(c change) bool { return c.present && !c.outside })
}
