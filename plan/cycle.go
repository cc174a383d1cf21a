package plan

import "slices"

// cycles calls found for each set of copies and moves that lead an image back to where
// it was, with the lines of all of them. It is Tarjan's algorithm for strongly connected
// components, with an explicit stack instead of recursion, because a chain may be as
// long as the manifest.
func cycles(x *index, found func(lines []int, hash rawHash)) {
	t := &componentWalk{index: x, seen: make([]uint32, x.images.n+1), low: make([]uint32, x.images.n+1)}
	for id := uint32(1); id <= x.images.n; id++ {
		// Every image of a cycle has a copy into it and one out of it.
		if img := x.images.at(id); t.seen[id] == 0 && img.in != 0 && x.copiesOf(img) != 0 {
			t.walk(id, found)
		}
	}
}

// componentWalk is the state of the algorithm, which walks over images.
type componentWalk struct {
	index *index
	n     uint32
	seen  []uint32 // by image: the step at which the walk reached it, 0 before
	low   []uint32 // by image: the smallest seen that can be reached from it
	open  []uint32 // images whose component is not complete, in the order of seen
	path  []step
}

// A step is an image on the path of the walk and the copy to follow next.
type step struct{ image, out uint32 }

const closed = 1<<32 - 1 // low of an image whose component is complete

func (t *componentWalk) walk(start uint32, found func(lines []int, hash rawHash)) {
	t.push(start)
	for len(t.path) > 0 {
		s := &t.path[len(t.path)-1]
		if s.out != 0 {
			o := t.index.ops.at(s.out)
			s.out = o.nextOut
			switch {
			case t.seen[o.to] == 0:
				t.push(o.to)
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
			t.closeComponent(id, found)
		}
	}
}

func (t *componentWalk) push(id uint32) {
	t.n++
	t.seen[id], t.low[id] = t.n, t.n
	t.open = append(t.open, id)
	t.path = append(t.path, step{id, t.index.copiesOf(t.index.images.at(id))})
}

// closeComponent completes the component whose first image is first: it and all that
// was opened after it.
func (t *componentWalk) closeComponent(first uint32, found func(lines []int, hash rawHash)) {
	at := len(t.open) - 1
	for t.open[at] != first {
		at--
	}
	component := t.open[at:]
	t.open = t.open[:at]
	if len(component) > 1 {
		found(t.lines(component), *t.index.images.hashOf(first))
	}
	for _, id := range component {
		t.low[id] = closed
	}
}

// lines returns the lines of the rows whose copies stay within a component. It must be
// called before the component's images are marked closed.
func (t *componentWalk) lines(component []uint32) []int {
	first := t.seen[component[0]]
	var lines []int
	for _, id := range component {
		for out := t.index.copiesOf(t.index.images.at(id)); out != 0; {
			o := t.index.ops.at(out)
			if t.low[o.to] != closed && t.seen[o.to] >= first {
				for _, line := range []uint32{o.line, o.moveLine} {
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
