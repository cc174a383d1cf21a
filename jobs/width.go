package jobs

// width is how many images a read asks for. After a failure it is half as many:
// "reduce the amount of data" has no code of its own, and what fails for another
// reason loses little by it. It grows back after a row of good answers, which
// gets longer with every failure, so that a limit which the API does not name is
// not run into all the time.
type width struct {
	now, most int
	good      int // answers in a row
	patience  int // how many of them it takes to grow
}

const (
	leastPatience = 2
	mostPatience  = 64
)

func newWidth(most int) width { return width{now: most, most: most, patience: leastPatience} }

// failed notes that a read of so many images failed. Reads that failed together
// count once.
func (w width) failed(size int) width {
	w.good = 0
	if half := max(1, size/2); half < w.now {
		w.now, w.patience = half, min(2*w.patience, mostPatience)
	}
	return w
}

func (w width) passed() width {
	if w.now == w.most {
		return w
	}
	if w.good++; w.good >= w.patience {
		w.now, w.good = min(2*w.now, w.most), 0
	}
	return w
}
