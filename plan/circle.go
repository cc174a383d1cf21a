package plan

import "slices"

// circles calls found for each knot of copies and moves that lead an image back
// to where it was, with the lines of all of them. It is Tarjan's algorithm for
// strongly connected components, with a stack of its own in place of recursion,
// since a chain may be as long as the manifest.
func circles(x *index, found func(lines []int, hash rawHash)) {
	t := &knots{index: x, seen: make([]uint32, x.images.n+1), low: make([]uint32, x.images.n+1)}
	for id := uint32(1); id <= x.images.n; id++ {
		// A circle has no image without a copy into it.
		if img := x.images.at(id); t.seen[id] == 0 && img.in != 0 && img.out != 0 {
			t.walk(id, found)
		}
	}
}

// knots is the state of the walk over images.
type knots struct {
	index *index
	n     uint32
	seen  []uint32 // by image: when the walk came to it, 0 for not yet
	low   []uint32 // by image: the earliest seen that it leads back to
	open  []uint32 // images whose knot is not complete
	path  []step
}

// A step is an image on the path of the walk and the copy to follow next.
type step struct{ image, out uint32 }

const closed = 1<<32 - 1 // low of an image whose knot is complete

func (t *knots) walk(start uint32, found func(lines []int, hash rawHash)) {
	t.enter(start)
	for len(t.path) > 0 {
		s := &t.path[len(t.path)-1]
		if s.out != 0 {
			o := t.index.ops.at(s.out)
			s.out = o.nextOut
			switch {
			case t.seen[o.to] == 0:
				t.enter(o.to)
			case t.low[o.to] != closed:
				t.low[s.image] = min(t.low[s.image], t.seen[o.to])
			}
			continue
		}
		id := s.image
		t.path = t.path[:len(t.path)-1]
		if len(t.path) > 0 {
			up := t.path[len(t.path)-1].image
			t.low[up] = min(t.low[up], t.low[id])
		}
		if t.low[id] == t.seen[id] {
			t.close(id, found)
		}
	}
}

func (t *knots) enter(id uint32) {
	t.n++
	t.seen[id], t.low[id] = t.n, t.n
	t.open = append(t.open, id)
	t.path = append(t.path, step{id, t.index.images.at(id).out})
}

// close takes the knot that starts with an image off the open ones. Those are in
// the order of seen, and what came later than this image belongs to its knot.
func (t *knots) close(first uint32, found func(lines []int, hash rawHash)) {
	at := len(t.open) - 1
	for t.open[at] != first {
		at--
	}
	knot := t.open[at:]
	t.open = t.open[:at]
	if len(knot) > 1 {
		found(t.lines(knot), t.index.images.at(first).hash)
	}
	for _, id := range knot {
		t.low[id] = closed
	}
}

// lines are those of every row whose copy stays within a knot that is still open:
// whatever is open and later than its first image.
func (t *knots) lines(knot []uint32) []int {
	first := t.seen[knot[0]]
	var lines []int
	for _, id := range knot {
		for out := t.index.images.at(id).out; out != 0; {
			o := t.index.ops.at(out)
			if t.low[o.to] != closed && t.seen[o.to] >= first {
				for _, line := range []uint32{o.asked, o.moved} {
					if line != 0 {
						lines = append(lines, int(line))
					}
				}
			}
			out = o.nextOut
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
