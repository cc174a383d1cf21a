package engine

import (
	"cmp"
	"time"
)

// ageAsks is what a delete has to know of its image wherever it reads it: its age, if
// the guard has a window.
func (t *task) ageAsks() asks {
	if t.Guard.From.IsZero() {
		return 0
	}
	return askAge
}

// notCreatedHere reports whether the image to be deleted was created outside the
// guard's window, as far as is known by now. An age before the window tells nothing
// where the image has the same in another place: whether a copy keeps the age of its
// source is not documented. So it counts only once the places were seen.
func (t *task) notCreatedHere(now time.Time) bool {
	source := t.known[slotSource]
	created := cmp.Or(source.Since, source.Created) // the guard goes by the clock of the machine that made it
	switch {
	case created.IsZero() || t.Guard.CreatedWithin(created):
		return false
	case created.After(t.Guard.To):
		return true
	}
	for i := range t.places {
		o := t.known[slotCopies+i]
		if !o.Recent(now, permitAge) || o.Created.Equal(source.Created) {
			return false
		}
	}
	return true
}
