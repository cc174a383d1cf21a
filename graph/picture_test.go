package graph_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"adferry/graph"
)

const png = "\x89PNG\r\n\x1a\n0123456789"

func TestGalleryFetch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.RawQuery, "token") {
			t.Errorf("a token went to %s", r.URL)
		}
		switch r.URL.Path {
		case "/png":
			_, _ = w.Write([]byte(png + strings.Repeat("x", 100_000)))
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
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(png))
		case "/empty":
		}
	}))
	defer server.Close()
	g := graph.NewGallery(http.DefaultTransport, 0, "")
	for _, test := range []struct {
		name, url string
		class     graph.Class // of the error
		ext       string
	}{
		{"a picture", server.URL + "/png", 0, ".png"},
		{"a redirect", server.URL + "/moved", 0, ".png"},
		{"a redirect to another host", server.URL + "/away", graph.Transient, ""},
		{"an expired url", server.URL + "/gone", graph.Transient, ""},
		{"a page", server.URL + "/page", graph.RefusedItem, ""},
		{"a page that says it is a picture", server.URL + "/lie", graph.RefusedItem, ""},
		{"half a picture", server.URL + "/cut", graph.Transient, ""},
		{"nothing", server.URL + "/empty", graph.RefusedItem, ""},
		{"no url", "", graph.RefusedItem, ""},
		{"plain http", "http://images.example/png", graph.RefusedItem, ""},
		{"a file", "file:///etc/passwd", graph.RefusedItem, ""},
		{"no server", "http://127.0.0.1:1/png", graph.Unreachable, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			ext, err := g.Fetch(t.Context(), test.url, &b)
			var e *graph.Error
			switch {
			case test.class == 0:
				if err != nil || ext != test.ext || b.Len() != len(png)+100_000 {
					t.Errorf("got %q and %d bytes, %v", ext, b.Len(), err)
				}
			case !errors.As(err, &e) || e.Class != test.class || e.Lost:
				t.Errorf("got %v, want class %v", err, test.class)
			}
		})
	}
	full := errors.New("no space")
	_, err := g.Fetch(t.Context(), server.URL+"/png", fullDisk{full})
	var w *graph.WriteError
	if !errors.As(err, &w) || !errors.Is(err, full) {
		t.Errorf("got %v, want a write error", err)
	}
}

type fullDisk struct{ err error }

func (f fullDisk) Write([]byte) (int, error) { return 0, f.err }

func TestImageExtension(t *testing.T) {
	for head, want := range map[string]string{
		png: ".png", "\xff\xd8\xff\xe0": ".jpg", "GIF89a": ".gif", "BM": ".bmp", "RIFF0000WEBPVP8 ": ".webp", "II*\x00": ".tif",
		"": "", "%PDF-1.4": "", "PK\x03\x04": "", "<svg>": "", "{}": "",
	} {
		if got, ok := graph.ImageExtension([]byte(head)); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", head, got, ok, want)
		}
	}
}
