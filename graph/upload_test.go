package graph_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"adferry/graph"
)

// file is an upload of the given bytes.
func file(name, data string) graph.File {
	return graph.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}
}

// Whatever the length and the bytes, the form decodes to the file, and is as
// long as announced.
func TestUploadForm(t *testing.T) {
	var got []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil || int64(len(raw)) != r.ContentLength {
			t.Errorf("got %d bytes of %d announced, %v", len(raw), r.ContentLength, err)
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		if got, err = base64.StdEncoding.DecodeString(r.FormValue("bytes")); err != nil {
			t.Error(err)
		}
		if name := r.FormValue("name"); name != "a+b & c.png" {
			t.Errorf("got name %q", name)
		}
		io.WriteString(w, `{"images":{"bytes":{"hash":"`+hashA+`"}}}`)
	}))
	defer server.Close()
	c := client(t, graph.Config{Endpoint: server.URL})
	for _, n := range []int{0, 1, 2, 3, 3071, 3072, 3073, 100_000} {
		data := make([]byte, n)
		_, _ = rand.Read(data)
		r := c.Do(t.Context(), []graph.Call{graph.Upload("1", file("a+b & c.png", string(data)))})[0]
		if r.Err != nil || len(r.Stored) != 1 || r.Stored[0].Hash != hashA {
			t.Errorf("%d bytes: got %+v, %v", n, r.Stored, r.Err)
		}
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %d other ones arrived", n, len(got))
		}
		if r.Date.IsZero() {
			t.Error("the server's clock was not read")
		}
	}
}

// The file is never in memory as a whole.
func TestUploadStreams(t *testing.T) {
	const size = 64 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		io.WriteString(w, `{"images":{"bytes":{"hash":"`+hashA+`"}}}`)
	}))
	defer server.Close()
	big := graph.File{Name: "big.png", Open: func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil }}
	c := client(t, graph.Config{Endpoint: server.URL})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if r := c.Do(t.Context(), []graph.Call{graph.Upload("1", big)})[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > size/2 {
		t.Errorf("the heap grew by %d MiB for an upload of %d MiB", grown>>20, size>>20)
	}
}

// An upload that cannot be opened sends nothing, and neither does one in a batch.
func TestUploadUnsent(t *testing.T) {
	rec := &recorder{}
	c := client(t, graph.Config{Transport: rec})
	gone := graph.File{Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}
	r := c.Do(t.Context(), []graph.Call{graph.Upload("1", gone)})[0]
	if r.Err == nil || r.Err.Class != graph.RefusedItem || !strings.Contains(r.Err.Message, "gone") {
		t.Errorf("got %v", r.Err)
	}
	for _, r := range c.Do(t.Context(), []graph.Call{graph.Delete("1", hashA), graph.Upload("1", file("a.png", ""))}) {
		if r.Err == nil || r.Err.Class != graph.RefusedItem {
			t.Errorf("got %v", r.Err)
		}
	}
	if len(rec.sent) > 0 {
		t.Errorf("%d requests were sent", len(rec.sent))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
