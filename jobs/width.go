package jobs

// width is how many images a read asks for. After a failure it is half as many:
// "reduce the amount of data" has no code of its own, and what fails for another
// reason loses little by it, for it grows back soon, after a row of good answers.
// That row gets twice as long each time a larger size fails at once, so that a
// limit which the API does not name is not run into all the time.
type width struct {
	now, most int
	good      int  // answers in a row, of the present size
	patience  int  // how many of them it takes to grow
	trial     bool // it grew, and has not proved itself yet
	limited   bool // it was narrowed by a refusal, and nothing passed since
	unsure    bool // it was narrowed, and nothing passed since
}

const (
	leastPatience = 2
	limitPatience = 16 // after a refusal
	mostPatience  = 64
)

func newWidth(most int) width { return width{now: most, most: most, patience: leastPatience} }

// failed notes that a read of so many images failed. Reads that failed together
// count once.
func (w width) failed(size int) width {
	half := max(1, size/2)
	if half >= w.now {
		return w
	}
	if w.trial {
		w.patience = min(2*w.patience, mostPatience)
	}
	w.now, w.good, w.trial, w.unsure = half, 0, false, true
	return w
}

// refused notes that a read of so many images was refused: if the next smaller one is
// not, the API has a limit that is not worth trying again soon.
func (w width) refused(size int) width {
	w = w.failed(size)
	w.limited = true
	return w
}

func (w width) passed() width {
	w.unsure = false
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
	if w.now < w.most {
		w.now, w.good, w.trial = min(2*w.now, w.most), 0, true
	}
	return w
}
