package jobs_test

import (
	"slices"
	"time"

	"adferry/graph/sandbox"
)

// place is one image in one ad account.
type place struct{ account, hash string }

// history is what the server held, and when.
type history struct {
	initial map[place]bool
	effects map[place][]change
}

// change is an effect on a place, by its index in the server's log.
type change struct {
	at      time.Time
	present bool
	index   int
}

func (s *sim) history(log []sandbox.Effect) *history {
	h := &history{map[place]bool{}, map[place][]change{}}
	for _, i := range s.images {
		h.initial[place{i.account, i.Hash}] = i.Status != sandbox.Deleted && !s.account(i.account).missing
	}
	for i, e := range log {
		switch p := (place{e.Account, e.Hash}); {
		case !e.Changed:
		case e.Kind == sandbox.Delete:
			h.effects[p] = append(h.effects[p], change{e.Time, false, i})
		default:
			p.hash = e.Result
			h.effects[p] = append(h.effects[p], change{e.Time, true, i})
		}
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

// before says whether the place held its image just before an effect.
func (h *history) before(p place, index int) bool {
	state := h.initial[p]
	for _, c := range h.effects[p] {
		if c.index < index {
			state = c.present
		}
	}
	return state
}

func (h *history) end(p place) bool { return h.before(p, 1<<62) }

// brought says whether a copy put the image there.
func (h *history) brought(p place) bool {
	return slices.ContainsFunc(h.effects[p], func(c change) bool { return c.present })
}
