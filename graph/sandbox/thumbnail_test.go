package sandbox_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"adferry/graph/sandbox"
)

// A thumbnail fits 128x128 pixels and keeps the shape, of drawn and of uploaded pictures.
func TestThumbnail(t *testing.T) {
	var uploaded bytes.Buffer
	if err := png.Encode(&uploaded, image.NewGray(image.Rect(0, 0, 300, 600))); err != nil {
		t.Fatal(err)
	}
	s := sandbox.New(sandbox.Options{})
	s.AddAccount("111", sandbox.AccountOptions{})
	for _, test := range []struct {
		name          string
		image         sandbox.Image
		width, height int
	}{
		{"wide", sandbox.Image{Hash: hash(1), Width: 1200, Height: 600}, 128, 64},
		{"thin", sandbox.Image{Hash: hash(2), Width: 2, Height: 20_000}, 1, 128},
		{"small", sandbox.Image{Hash: hash(3), Width: 16, Height: 9}, 16, 9},
		{"uploaded", sandbox.Image{Hash: hash(4), Bytes: uploaded.Bytes()}, 64, 128},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.AddImage("111", test.image)
			got := do(t, s, request(t, "GET", "http://graph.test/_image/111/"+test.image.Hash+"/128"))
			c, err := png.DecodeConfig(bytes.NewReader([]byte(got.text)))
			if err != nil || c.Width != test.width || c.Height != test.height {
				t.Errorf("got %dx%d, %v, want %dx%d", c.Width, c.Height, err, test.width, test.height)
			}
		})
	}
}
