package graph

import (
	"bufio"
	"fmt"
	"image"
	"image/gif"
	"io"
)

// decodeGIF decodes the first frame and reads the blocks after it up to the trailer. It
// does not decode the others, because an animation may have thousands of large frames.
func decodeGIF(r io.Reader) (image.Image, error) {
	w := gifReader{r: bufio.NewReader(r)}
	m, err := gif.Decode(w.r) // reads byte by byte, and nothing after the frame
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
			w.skipBlocks()
		case kind == 0x2C: // frame
			w.skip(8)
			if flags := w.next(); flags&0x80 != 0 {
				w.skip(3 << (1 + flags&7)) // its own color table
			}
			w.skip(1)
			w.skipBlocks()
		default:
			return nil, fmt.Errorf("unknown block 0x%02x", kind)
		}
	}
	return nil, w.err
}

// gifReader reads blocks of a GIF and keeps the first error.
type gifReader struct {
	r   *bufio.Reader
	err error
}

func (w *gifReader) next() byte {
	b, err := w.r.ReadByte()
	w.keepError(err)
	return b
}

func (w *gifReader) skip(n int) {
	_, err := w.r.Discard(n)
	w.keepError(err)
}

func (w *gifReader) keepError(err error) {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if w.err == nil {
		w.err = err
	}
}

// skipBlocks skips data blocks up to the empty one that ends them.
func (w *gifReader) skipBlocks() {
	for w.err == nil {
		n := w.next()
		if n == 0 {
			return
		}
		w.skip(int(n))
	}
}
