package dispatch

// Width is how many images a read asks for. After a failure it is half as many, because
// "reduce the amount of data" has no code of its own; if the reason was another, little
// is lost, because it grows back after a few good answers. How many it takes doubles
// each time a larger size fails at once, so that a limit which the API does not name is
// not tried all the time.
type Width struct {
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

func NewWidth(most int) Width { return Width{Now: most, most: most, patience: leastPatience} }

// Failed notes that a read of so many images failed. Reads that failed together
// count once.
func (w Width) Failed(size int) Width {
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
func (w Width) Refused(size int) Width {
	w = w.Failed(size)
	w.limited = true
	return w
}

func (w Width) Passed() Width {
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
