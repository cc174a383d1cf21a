package graph

import (
	"bytes"
	"io"
	"sync"
)

// buffer is what a request is put together in, or what an answer is read into, with a reader for
// that. A fifth of what a run allocates would be such texts, and each is as long as the one before.
// Nothing of a text is kept when its buffer is released.
type buffer struct {
	text   []byte
	reader jsonReader
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func newBuffer() *buffer { return buffers.Get().(*buffer) }

// maxKept is the largest text that is kept, in bytes: a batch answer of usual length.
const maxKept = 256 << 10

func (b *buffer) release() {
	if cap(b.text) <= maxKept {
		b.reader.reset(nil)
		buffers.Put(b)
	}
}

// readAll is io.ReadAll into the buffer.
func (b *buffer) readAll(r io.Reader) ([]byte, error) {
	in := bytes.NewBuffer(b.text[:0])
	_, err := in.ReadFrom(r)
	b.text = in.Bytes()
	return b.text, err
}
