package fleet_test

import (
	"slices"
	"testing"

	"adferry/jobs/board"
	"adferry/jobs/fleet"
	"adferry/plan"
)

// A worker whose part of the lanes that others may have, too, is full takes those that it alone may
// have, and gives back none of these for the others' sake.
func TestPartsByWhoIsAble(t *testing.T) {
	t.Parallel()
	var holds []board.Hold
	for _, a := range []plan.Account{"21", "22", "23", "24"} {
		holds = append(holds, board.Hold{Lane: a, Label: "WEST"})
	}
	holds = append(holds, board.Hold{Lane: "11", Label: "EAST"}, board.Hold{Lane: "12", Label: "EAST"}, board.Hold{Lane: "31", Label: "NORTH"})
	workers := []board.Worker{{Name: "a", Labels: []string{"EAST", "WEST"}}, {Name: "b", Labels: []string{"WEST"}}}
	for _, tt := range []struct {
		me     string
		has    []plan.Account
		next   plan.Account
		excess []plan.Account
		more   bool
	}{
		{"a", []plan.Account{"21"}, "22", nil, true},
		{"a", []plan.Account{"21", "22"}, "23", nil, false},
		{"a", []plan.Account{"21", "22"}, "11", nil, true},
		{"a", []plan.Account{"21", "22", "23", "24"}, "11", []plan.Account{"21", "22"}, true},
		{"a", []plan.Account{"11", "12", "21", "22", "23", "24"}, "31", []plan.Account{"21", "22"}, false},
		{"b", []plan.Account{"23"}, "11", nil, false},
		{"b", []plan.Account{"23"}, "24", nil, true},
		{"b", []plan.Account{"23", "24"}, "41", nil, true}, // whose slice is all that is left of it
	} {
		excess, more := fleet.Share(tt.me, holds, workers, tt.has, tt.next)
		if !slices.Equal(excess, tt.excess) || more != tt.more {
			t.Errorf("%s has %v: got %v to give back, and %s: %v, want %v and %v", tt.me, tt.has, excess, tt.next, more, tt.excess, tt.more)
		}
	}
}
