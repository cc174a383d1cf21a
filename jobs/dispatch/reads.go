package dispatch

import (
	"time"

	"adferry/graph"
)

// MostDenials is how many refusals in a row, without a success between, show
// that an account or a pair of accounts is refused as such. What follows is
// settled without a call: failed calls count against the quota and the app's
// access tier, too.
const MostDenials = 3

// Reads is how an ad account is read: how much at once, and what refusals showed. Why a read
// was refused the answer does not say: it may be the account, an image or the size.
type Reads struct {
	width      width
	denials    int       // refused reads in a row, one after the other
	lastDenial time.Time // when the last of them came back
	NotBefore  time.Time // after a refusal: when the next read is sent
}

// newReads are reads of at most so many images.
func newReads(most int) Reads { return Reads{width: newWidth(most)} }

// Size is how many images the next read asks for: one as long as the ad account itself may be
// refused.
func (r *Reads) Size() int {
	if r.denials > 0 {
		return 1
	}
	return r.width.Now
}

// OneByOne reports whether one read is sent at a time: after a refusal or a failure, reads
// side by side would probably fail alike.
func (r *Reads) OneByOne() bool { return r.denials > 0 || r.width.Unsure }

// Granted notes that a read was answered.
func (r *Reads) Granted() {
	r.denials, r.NotBefore, r.width = 0, time.Time{}, r.width.Passed()
}

// Failed notes that a read of so many images failed: the next one is smaller.
func (r *Reads) Failed(size int) { r.width = r.width.Failed(size) }

// TooLarge notes that a read of so many images was refused, which may be because of its size.
func (r *Reads) TooLarge(size int) { r.width = r.width.Refused(size) }

// AnySize notes that the size was not the reason for a refusal.
func (r *Reads) AnySize() { r.width = newWidth(r.width.most) }

// Refused notes a refusal of a read that was sent at the given moment, if it counts as one of
// the ad account, and reports whether that is refused as such. Reads that were refused
// together count once.
func (r *Reads) Refused(err *graph.Error, counts bool, left, now time.Time, base time.Duration) (over bool) {
	if counts && left.After(r.lastDenial) {
		r.denials, r.lastDenial = r.denials+1, now
	}
	if r.denials >= MostDenials {
		return true
	}
	if err.Class == graph.RefusedAccount { // it may be temporary
		r.NotBefore = now.Add(base << max(0, r.denials-1))
	}
	return false
}

// width is how many images a read asks for. After a failure it is half as many, because
// "reduce the amount of data" has no code of its own; if the reason was another, little
// is lost, because it grows back after a few good answers. How many it takes doubles
// each time a larger size fails at once, so that a limit which the API does not name is
// not tried all the time.
type width struct {
	Now, most int
	good      int  // answers in a row, of the present size
	patience  int  // how many of them it takes to grow
	trial     bool // it grew, and has not proved itself yet
	limited   bool // it was narrowed by a refusal, and nothing passed since
	Unsure    bool // it was narrowed, and nothing passed since
}

const (
	leastPatience = 2
	limitPatience = 16 // after a refusal
	mostPatience  = 64
)

func newWidth(most int) width { return width{Now: most, most: most, patience: leastPatience} }

// Failed notes that a read of so many images failed. Reads that failed together
// count once.
func (w width) Failed(size int) width {
	half := max(1, size/2)
	if half >= w.Now {
		return w
	}
	if w.trial {
		w.patience = min(2*w.patience, mostPatience)
	}
	w.Now, w.good, w.trial, w.Unsure = half, 0, false, true
	return w
}

// Refused notes that a read of so many images was refused: if the next smaller one is
// answered, the API has a limit that is not worth trying again soon.
func (w width) Refused(size int) width {
	w = w.Failed(size)
	w.limited = true
	return w
}

func (w width) Passed() width {
	w.Unsure = false
	if w.limited {
		w.limited, w.patience = false, max(w.patience, limitPatience)
	}
	w.good = min(w.good+1, mostPatience)
	if w.good < w.patience {
		return w
	}
	if w.trial {
		w.trial, w.patience = false, max(w.patience/2, leastPatience)
	}
	if w.Now < w.most {
		w.Now, w.good, w.trial = min(2*w.Now, w.most), 0, true
	}
	return w
}
