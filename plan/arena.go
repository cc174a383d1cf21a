package plan

// An arena holds values under the numbers 1, 2, ... and grows without moving
// them, so that a large manifest leaves no outgrown copies behind.
type arena[T any] struct {
	chunks [][]T
	n      uint32
}

const (
	chunkBits = 12
	chunkSize = 1 << chunkBits
)

func (a *arena[T]) add(v T) uint32 {
	if a.n%chunkSize == 0 {
		a.chunks = append(a.chunks, make([]T, chunkSize))
	}
	a.chunks[a.n>>chunkBits][a.n%chunkSize] = v
	a.n++
	return a.n
}

func (a *arena[T]) at(id uint32) *T {
	id--
	return &a.chunks[id>>chunkBits][id%chunkSize]
}

// A table finds the numbers of an arena's values by their hash: open addressing
// and linear probing in a power of two of slots. A slot has the number and, so
// that probing stays within the table, the hash; an empty one has number 0. The
// first bits of a hash say where its slot is, so that a table grows from front to
// back and not all over memory.
type table struct {
	slots []slot
	shift uint8 // of a hash to its slot
	n     int   // filled
}

type slot struct{ hash, id uint32 }

const minSlotBits = 10

// find returns the number for which same holds, else the one that add returns.
func (t *table) find(hash uint32, same func(uint32) bool, add func() uint32) uint32 {
	if t.n >= len(t.slots)/8*6 {
		t.grow()
	}
	mask := len(t.slots) - 1
	for i := int(hash >> (t.shift & 31)); ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.id == 0 {
			*s = slot{hash, add()}
			t.n++
			return s.id
		}
		if s.hash == hash && same(s.id) {
			return s.id
		}
	}
}

// load returns something from the slot in which find begins to look.
func (t *table) load(hash uint32) uint32 {
	if len(t.slots) == 0 {
		return 0
	}
	return t.slots[hash>>(t.shift&31)].id
}

func (t *table) grow() {
	old := t.slots
	if t.shift--; old == nil {
		t.shift = 32 - minSlotBits
	}
	t.slots = make([]slot, 1<<(32-t.shift))
	mask := len(t.slots) - 1
	for _, s := range old {
		if s.id == 0 {
			continue
		}
		i := int(s.hash >> (t.shift & 31))
		for t.slots[i].id != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}
