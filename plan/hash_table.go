package plan

// A hashTable finds the numbers of a table's values by their hash. It uses open
// addressing and linear probing in a power of two of slots. A slot has the number, 0 if
// it is empty, and the hash, so that probing does not leave the hash table. The first
// bits of a hash select its slot, so that a hash table grows from front to back and not
// all over memory. With a Go map in its place, the plan of a million copies takes a fifth more
// memory and time.
type hashTable struct {
	slots []slot
	shift uint8 // how many bits of a hash do not select its slot
	n     int   // slots in use
}

type slot struct{ hash, id uint32 }

const minSlotBits = 10

// find returns the number with this hash for which same holds, else the one that add
// returns.
func (t *hashTable) find(hash uint32, same func(uint32) bool, add func() uint32) uint32 {
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

// prefetch reads the slot at which find will begin.
func (t *hashTable) prefetch(hash uint32) uint32 {
	if len(t.slots) == 0 {
		return 0
	}
	return t.slots[hash>>(t.shift&31)].id
}

func (t *hashTable) grow() {
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
