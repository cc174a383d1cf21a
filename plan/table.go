package plan

// A table holds values under the numbers 1, 2, ... It grows without moving them, so
// that a large manifest needs no memory for outgrown copies.
type table[T any] struct {
	chunks [][]T
	n      uint32
}

const (
	chunkBits = 12
	chunkSize = 1 << chunkBits
)

func (a *table[T]) add(v T) uint32 {
	if a.n%chunkSize == 0 {
		a.chunks = append(a.chunks, make([]T, chunkSize))
	}
	a.chunks[a.n>>chunkBits][a.n%chunkSize] = v
	a.n++
	return a.n
}

func (a *table[T]) at(id uint32) *T {
	id--
	return &a.chunks[id>>chunkBits][id%chunkSize]
}
