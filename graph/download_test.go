package graph_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"adferry/graph"
)

// drawn is a PNG of random-looking pixels.
func drawn(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, noise(width, height)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func noise(width, height int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	seed := uint32(1)
	for y := range height {
		for x := range width {
			seed = seed*1664525 + 1013904223
			m.Set(x, y, color.RGBA{uint8(seed >> 24), uint8(seed >> 16), uint8(seed >> 8), 255})
		}
	}
	return m
}

// spacer is what content networks send in place of pictures that they do not have.
const spacer = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// file is a PictureFile in memory.
type pictureFile struct{ bytes.Buffer }

func (f *pictureFile) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(f.Bytes()).ReadAt(p, off)
}

func TestDownloaderFetch(t *testing.T) {
	whole := drawn(t, 60, 40)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "token") {
			t.Errorf("a token went to %s", r.URL)
		}
		switch r.URL.Path {
		case "/png":
			_, _ = w.Write(whole)
		case "/moved":
			http.Redirect(w, r, "/png", http.StatusFound)
		case "/away":
			http.Redirect(w, r, "http://images.example/png", http.StatusFound)
		case "/gone":
			http.Error(w, "URL signature expired", http.StatusForbidden)
		case "/page":
			_, _ = w.Write([]byte("<!DOCTYPE html><p>no"))
		case "/lie":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("<!DOCTYPE html><p>no"))
		case "/cut":
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(whole)
		case "/header":
			_, _ = w.Write(whole[:60])
		case "/spacer":
			_, _ = io.WriteString(w, spacer)
		case "/empty":
		}
	}))
	defer server.Close()
	g := graph.NewDownloader(http.DefaultTransport, 0, "")
	for _, test := range []struct {
		name, url string
		class     graph.Class // of the error
	}{
		{"a picture", server.URL + "/png", ""},
		{"a redirect", server.URL + "/moved", ""},
		{"a redirect to another host", server.URL + "/away", graph.Transient},
		{"an expired url", server.URL + "/gone", graph.Transient},
		{"a page", server.URL + "/page", graph.Transient},
		{"a page that says it is a picture", server.URL + "/lie", graph.Transient},
		{"half an answer", server.URL + "/cut", graph.Transient},
		{"a whole answer with the header of a picture", server.URL + "/header", graph.Transient},
		{"a placeholder", server.URL + "/spacer", graph.Transient},
		{"nothing", server.URL + "/empty", graph.Transient},
		{"no url", "", graph.RefusedItem},
		{"plain http", "http://images.example/png", graph.RefusedItem},
		{"a file", "file:///etc/passwd", graph.RefusedItem},
		{"no server", "http://127.0.0.1:1/png", graph.Unreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f pictureFile
			p, err := g.Fetch(t.Context(), graph.Image{URL: test.url, Width: 60, Height: 40}, &f)
			var e *graph.Error
			switch {
			case test.class == "":
				want := graph.Picture{Extension: ".png", Width: 60, Height: 40, Size: int64(len(whole)), SHA256: sha256.Sum256(whole)}
				if err != nil || p != want || !bytes.Equal(f.Bytes(), whole) {
					t.Errorf("got %+v and %d bytes, %v", p, f.Len(), err)
				}
			case !errors.As(err, &e) || e.Class != test.class || e.Lost:
				t.Errorf("got %v, want class %v", err, test.class)
			}
		})
	}
	full := errors.New("no space")
	for _, disk := range []graph.PictureFile{
		fullDisk{io.Discard, full},
		struct {
			io.Writer
			io.ReaderAt
		}{&pictureFile{}, fullDisk{nil, full}},
	} {
		_, err := g.Fetch(t.Context(), graph.Image{URL: server.URL + "/png"}, disk)
		var w *graph.WriteError
		if !errors.As(err, &w) || !errors.Is(err, full) {
			t.Errorf("got %v, want a write error", err)
		}
	}
}

type fullDisk struct {
	io.Writer
	err error
}

func (f fullDisk) Write([]byte) (int, error)         { return 0, f.err }
func (f fullDisk) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// A picture has the size of the rendition or of the original, as far as the API tells
// them.
func TestCheckPicture(t *testing.T) {
	for _, test := range []struct {
		name          string
		fields        string // of the image
		width, height int    // of the picture
		want          string // in the error
	}{
		{"both told, the rendition", `"width":60,"height":40,"original_width":1200,"original_height":800`, 60, 40, ""},
		{"both told, the original", `"width":60,"height":40,"original_width":120,"original_height":80`, 120, 80, ""},
		{"both told, neither", `"width":60,"height":40,"original_width":1200,"original_height":800`, 1, 1, "it has 1 x 1 pixels, the image has 60 x 40 or 1200 x 800"},
		{"told alike", `"width":60,"height":40,"original_width":60,"original_height":40`, 61, 40, "the image has 60 x 40"},
		{"one of each", `"width":60,"height":40,"original_width":120,"original_height":80`, 60, 80, "the image has 60 x 40 or 120 x 80"},
		{"turned", `"width":60,"height":40`, 40, 60, "the image has 60 x 40"},
		{"as text", `"original_width":"60","original_height":"40"`, 60, 40, ""},
		{"the original alone", `"original_width":120,"original_height":80`, 60, 40, "the image has 120 x 80"},
		{"odd types", `"width":{"px":60},"height":[40],"original_width":true,"original_height":null`, 60, 40, ""},
		{"half of it", `"width":1200`, 60, 40, ""},
		{"zero", `"width":0,"height":0,"original_width":0,"original_height":0`, 60, 40, ""},
		{"nothing, a single pixel", `"width":"?"`, 1, 1, "it is a single pixel, and the API does not give the image's size"},
		{"a single pixel", `"width":1,"height":1`, 1, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			image := readOne(t, test.fields)
			data := drawn(t, test.width, test.height)
			_, err := graph.CheckPicture(t.Context(), image, bytes.NewReader(data), int64(len(data)))
			var e *graph.Error
			switch {
			case test.want == "":
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &e) || e.Class != graph.Transient || !strings.Contains(e.Message, test.want):
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// readOne is an image as a read with these fields shows it.
func readOne(t *testing.T, fields string) graph.Image {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"data":[{"hash":"%032x",%s}]}`, 1, fields)
	}))
	defer server.Close()
	token, err := graph.NewSecret("token")
	if err != nil {
		t.Fatal(err)
	}
	client, err := graph.New(graph.Config{Token: token, Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	r := client.Do(t.Context(), []graph.Call{graph.Read("11", graph.Query{})})[0]
	if r.Err != nil || len(r.Images) != 1 {
		t.Fatalf("got %d images, %v", len(r.Images), r.Err)
	}
	return r.Images[0]
}

func TestImageExtension(t *testing.T) {
	for head, want := range map[string]string{
		"\x89PNG\r\n\x1a\n": ".png", "\xff\xd8\xff\xe0": ".jpg", "GIF89a": ".gif", "BM": ".bmp", "RIFF0000WEBPVP8 ": ".webp", "II*\x00": ".tif",
		"": "", "%PDF-1.4": "", "PK\x03\x04": "", "<svg>": "", "{}": "",
	} {
		if got, ok := graph.ImageExtension([]byte(head)); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", head, got, ok, want)
		}
	}
}
