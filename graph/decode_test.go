package graph_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"adferry/graph"
)

// pictures are whole files of each format.
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	add := func(name string, encode func(b *bytes.Buffer) error) {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		all[name] = b.Bytes()
	}
	m := noise(30, 20)
	add("a.png", func(b *bytes.Buffer) error { return png.Encode(b, m) })
	add("a.jpg", func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) })
	add("a.gif", func(b *bytes.Buffer) error { return gif.Encode(b, m, nil) })
	add("a.bmp", func(b *bytes.Buffer) error { return bmp.Encode(b, m) })
	add("a.tif", func(b *bytes.Buffer) error { return tiff.Encode(b, m, nil) })
	add("deflated.tif", func(b *bytes.Buffer) error {
		return tiff.Encode(b, m, &tiff.Options{Compression: tiff.Deflate})
	})
	add("animated.gif", func(b *bytes.Buffer) error {
		frame := image.NewPaletted(image.Rect(0, 0, 30, 20), color.Palette{color.Black, color.White})
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{frame, frame, frame}, Delay: []int{1, 1, 1}})
	})
	for name, text := range map[string]string{ // nothing here writes WebP: a single pixel each
		"lossy.webp":    "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=",
		"lossless.webp": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
	} {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = raw
	}
	return all
}

func decode(t *testing.T, data []byte) (graph.Picture, error) {
	t.Helper()
	return graph.DecodePicture(t.Context(), bytes.NewReader(data), int64(len(data)))
}

// A picture is decoded to its end: no part of one passes, however long, and what
// follows one does no harm.
func TestDecodePicture(t *testing.T) {
	for name, data := range pictures(t) {
		t.Run(name, func(t *testing.T) {
			p, err := decode(t, data)
			width, height := 30, 20
			if strings.HasSuffix(name, ".webp") {
				width, height = 1, 1
			}
			if err != nil || p.Width != width || p.Height != height || !strings.HasSuffix(name, p.Extension) || p.Size != int64(len(data)) {
				t.Errorf("got %+v, %v", p, err)
			}
			if _, err := decode(t, append(bytes.Clone(data), "what a camera appends"...)); err != nil {
				t.Errorf("with something behind it: %v", err)
			}
			passed := 0
			for n := range data {
				var e *graph.PictureError
				if _, err := decode(t, data[:n]); err == nil {
					passed++
				} else if !errors.As(err, &e) || e.Large {
					t.Fatalf("%d bytes: got %v, want a picture error", n, err)
				}
			}
			// The last bytes of these are padding, or how large it is to be printed.
			most := map[string]int{"lossy.webp": 8, "lossless.webp": 8, "a.tif": 16, "deflated.tif": 16}[name]
			if passed > most {
				t.Errorf("%d of %d parts passed", passed, len(data))
			}
		})
	}
}

func TestDecodeDamaged(t *testing.T) {
	all := pictures(t)
	flipped := bytes.Clone(all["a.png"])
	flipped[len(flipped)/2] ^= 1
	huge := bytes.Clone(all["a.gif"])
	copy(huge[6:], "\xff\xff\xff\xff") // 65535 x 65535
	for name, test := range map[string]struct {
		data  []byte
		large bool
		want  string
	}{
		"a flipped bit":            {flipped, false, "the PNG cannot be decoded"},
		"no end behind the scan":   {bytes.TrimSuffix(all["a.jpg"], []byte("\xff\xd9")), false, "the JPG cannot be decoded"},
		"another format's name":    {[]byte("GIF89a\x09\x00\x09\x00, or what stands for one"), false, "the GIF cannot be decoded"},
		"more than can be decoded": {huge, true, "65535 x 65535 pixels are more than the 100 million that adferry decodes"},
		"no size":                  {append([]byte("GIF89a\x00\x00\x00\x00"), all["a.gif"][10:]...), false, "width or height is zero"},
		"a page":                   {[]byte("<!DOCTYPE html>"), false, "its content is not an image"},
		"nothing":                  {nil, false, "its content is not an image"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(t, test.data)
			var e *graph.PictureError
			if !errors.As(err, &e) || e.Large != test.large || !strings.Contains(e.Reason, test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Decoding ends with its context, also while it waits for its turn, and says so.
func TestDecodeEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	data := drawn(t, 30, 20)
	var e *graph.PictureError
	if _, err := graph.DecodePicture(ctx, bytes.NewReader(data), int64(len(data))); err == nil || errors.As(err, &e) {
		t.Errorf("got %v, want the context's error", err)
	}
	// Many at once take turns.
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := graph.DecodePicture(t.Context(), bytes.NewReader(data), int64(len(data))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
