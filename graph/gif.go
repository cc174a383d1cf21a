package graph

import (
	"bufio"
	"fmt"
	"image"
	"image/gif"
	"io"
)

// decodeGIF decodes the first frame and walks the blocks behind it to the trailer:
// all frames of an animation together may be thousands of pictures, and each is as
// large as the file says.
func decodeGIF(r io.Reader) (image.Image, error) {
	w := gifWalk{r: bufio.NewReader(r)}
	m, err := gif.Decode(w.r) // reads bytes singly, and none behind the frame
	if err != nil {
		return nil, err
	}
	for w.err == nil {
		switch kind := w.next(); {
		case w.err != nil:
		case kind == 0x3B: // trailer
			return m, nil
		case kind == 0x21: // extension
			w.skip(1)
			w.blocks()
		case kind == 0x2C: // frame
			w.skip(8)
			if flags := w.next(); flags&0x80 != 0 {
				w.skip(3 << (1 + flags&7)) // its own color table
			}
			w.skip(1)
			w.blocks()
		default:
			return nil, fmt.Errorf("unknown block 0x%02x", kind)
		}
	}
	return nil, w.err
}

// gifWalk reads a GIF and keeps the first error.
type gifWalk struct {
	r   *bufio.Reader
	err error
}

func (w *gifWalk) next() byte {
	b, err := w.r.ReadByte()
	w.note(err)
	return b
}

func (w *gifWalk) skip(n int) {
	_, err := w.r.Discard(n)
	w.note(err)
}

func (w *gifWalk) note(err error) {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if w.err == nil {
		w.err = err
	}
}

// blocks skips data up to the empty block that ends it.
func (w *gifWalk) blocks() {
	for w.err == nil {
		n := w.next()
		if n == 0 {
			return
		}
		w.skip(int(n))
	}
}
