package sandbox_test

import (
	"image"
	_ "image/gif"
	_ "image/png"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// picture downloads what the url of an image leads to.
func picture(t *testing.T, s *sandbox.Server, account, hash string) string {
	t.Helper()
	return do(t, s, request(t, "GET", "http://graph.test/_image/"+account+"/"+hash)).text
}

// sizeOf decodes a picture to its end.
func sizeOf(t *testing.T, text string) image.Point {
	t.Helper()
	m, _, err := image.Decode(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.Bounds().Size()
}

// A picture has the size that reads tell, also one that no seed gave and a very large
// one, and no two hashes share their bytes.
func TestPictures(t *testing.T) {
	s := seeded(sandbox.Options{}, 0)
	s.AddImage(source, sandbox.Image{Hash: hash(1), Width: 600, Height: 400})
	s.AddImage(source, sandbox.Image{Hash: hash(2), Width: 600, Height: 400})
	s.AddImage(source, sandbox.Image{Hash: hash(3)})
	s.AddImage(source, sandbox.Image{Hash: hash(4), Width: 9000, Height: 3})
	s.AddImage(source, sandbox.Image{Hash: "short", Width: 600, Height: 400})
	s.AddImage(source, sandbox.Image{Bytes: []byte(picture(t, s, source, hash(1)))})
	seen := map[string]bool{}
	for _, img := range s.Images(source) {
		text := picture(t, s, source, img.Hash)
		if got, want := sizeOf(t, text), image.Pt(img.Width, img.Height); got != want || want == (image.Point{}) {
			t.Errorf("%s: the picture has %v, and reads tell %v", img.Hash, got, want)
		}
		if seen[text] {
			t.Errorf("%s has another hash's bytes", img.Hash)
		}
		seen[text] = true
	}
}

func TestPictureFaults(t *testing.T) {
	for _, test := range []struct {
		fault sandbox.PictureFault
		want  func(first, second, whole string) bool
	}{
		{sandbox.PicturePlaceholder, func(first, second, _ string) bool { return len(first) == 43 && first == second }},
		{sandbox.PictureCut, func(first, _, whole string) bool {
			c, _, err := image.DecodeConfig(strings.NewReader(first))
			return err == nil && c.Width == 600 && len(first) < len(whole)
		}},
		{sandbox.PictureSame, func(first, second, whole string) bool { return first == second && first != whole }},
		{sandbox.PicturePage, func(first, _, _ string) bool { return strings.HasPrefix(first, "<!DOCTYPE") }},
		{sandbox.PictureWhole, func(first, second, whole string) bool { return first == whole && first != second }},
	} {
		t.Run(string(test.fault), func(t *testing.T) {
			whole := picture(t, seeded(sandbox.Options{}, 2), source, hash(1))
			s := seeded(sandbox.Options{Variants: sandbox.Variants{Pictures: sandbox.PicturePage}}, 2)
			s.AddAccount(source, sandbox.AccountOptions{Pictures: test.fault})
			first, second := picture(t, s, source, hash(1)), picture(t, s, source, hash(2))
			if !test.want(first, second, whole) {
				t.Errorf("got %.60q and %.60q", first, second)
			}
		})
	}
	if err := (sandbox.Options{Variants: sandbox.Variants{Pictures: "upside_down"}}).Validate(); err == nil {
		t.Error("an unknown fault passed")
	}
}
