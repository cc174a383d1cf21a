package graph

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"
)

// maxPixels bounds the pictures that are decoded, in pixels. The Ads Guide asks for
// about a thousand a side; a camera's largest have some 100 megapixels.
const maxPixels = 100_000_000

// Picture is what decoding an image file tells of it.
type Picture struct {
	Extension     string // by its content: .png, .jpg, .gif, .bmp, .webp or .tif
	Width, Height int    // pixels
	Size          int64  // bytes
	SHA256        Sum    // of the bytes; DecodePicture leaves it zero
}

// Sum is the SHA-256 of a picture's bytes.
type Sum [sha256.Size]byte

// PictureError says why a file is not accepted as a picture.
type PictureError struct {
	Large  bool   // it is too large to be decoded, so it may be a picture
	Reason string // what the bytes are or show
}

func (e *PictureError) Error() string { return e.Reason }

// decodeBudget allows at most maxPixels to be decoded at once in the whole process. A pixel takes up to 8 bytes, in a progressive JPEG up to 15.
var decodeBudget = semaphore.NewWeighted(maxPixels)

// DecodePicture decodes an image file of size bytes to its end. Memory is bounded however
// many files are decoded at once. A file that is cut off, damaged or of a format that
// [ImageExtension] does not know is a *PictureError; any other error is that of r or ctx.
// Data after the picture is ignored, because cameras append previews and films.
func DecodePicture(ctx context.Context, r io.ReaderAt, size int64) (Picture, error) {
	p := Picture{Size: size}
	in := &contextReader{ctx: ctx, r: r}
	file := func() *io.SectionReader { return io.NewSectionReader(in, 0, size) }
	var head [512]byte
	n, err := io.ReadFull(file(), head[:])
	if err != nil && in.err != nil {
		return p, in.err
	}
	ext, ok := ImageExtension(head[:n])
	if !ok {
		return p, &PictureError{Reason: "its content is not an image"}
	}
	p.Extension = ext
	format := formats[ext]
	kind := strings.ToUpper(ext[1:])
	config, err := format.config(file())
	if err == nil && (config.Width <= 0 || config.Height <= 0) {
		err = errors.New("its width or height is zero")
	}
	if err != nil {
		return p, in.errorOr(&PictureError{Reason: fmt.Sprintf("the %s cannot be decoded: %v", kind, err)})
	}
	p.Width, p.Height = config.Width, config.Height
	pixels := int64(p.Width) * int64(p.Height)
	if pixels > maxPixels {
		return p, &PictureError{Large: true, Reason: fmt.Sprintf("%d x %d pixels are more than the %d million that adferry decodes", p.Width, p.Height, maxPixels/1_000_000)}
	}
	if err := decodeBudget.Acquire(ctx, pixels); err != nil {
		return p, err
	}
	defer decodeBudget.Release(pixels)
	if err := decodeWhole(format.decode, file); err != nil {
		return p, in.errorOr(&PictureError{Reason: fmt.Sprintf("the %s cannot be decoded: %v", kind, err)})
	}
	if pixels > maxPixels/8 {
		// Free the memory before the next picture: four of 100 megapixels, one after the
		// other, took 795 MB without this and 403 MB with it.
		runtime.GC()
	}
	return p, nil
}

// formats are the decoders, by extension.
var formats = map[string]struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	".png":  {png.DecodeConfig, png.Decode},
	".jpg":  {jpeg.DecodeConfig, jpeg.Decode},
	".gif":  {gif.DecodeConfig, decodeGIF},
	".bmp":  {bmp.DecodeConfig, bmp.Decode},
	".webp": {webp.DecodeConfig, webp.Decode},
	".tif":  {tiff.DecodeConfig, tiff.Decode},
}

// decodeWhole decodes a file and drops the result. A panic of a decoder is an error,
// because a defective file must not end the run and every resume after it.
func decodeWhole(decode func(io.Reader) (image.Image, error), file func() *io.SectionReader) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the decoder failed")
		}
	}()
	_, err = decode(file())
	return err
}

// contextReader stops reading when its context ends. It remembers errors of reading, to
// tell them from errors in the file's content.
type contextReader struct {
	ctx context.Context
	r   io.ReaderAt
	err error
}

func (c *contextReader) ReadAt(p []byte, off int64) (int, error) {
	if c.err == nil && c.ctx.Err() != nil {
		c.err = context.Cause(c.ctx)
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// errorOr returns the error of reading, if there was one, else err.
func (c *contextReader) errorOr(err error) error {
	if c.err != nil {
		return c.err
	}
	return err
}
