package content_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"adferry/graph"
	"adferry/jobs/content"
	"adferry/plan"
)

func open(t *testing.T, dir string) *content.Index {
	t.Helper()
	x, err := content.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func sum(text string) graph.Sum { return sha256.Sum256([]byte(text)) }

func image(n int) plan.Hash { return plan.Hash(fmt.Sprintf("%032x", n)) }

// wants checks with which other image a picture is shared, "" for none.
func wants(t *testing.T, err error, other plan.Hash, uploaded ...plan.Hash) {
	t.Helper()
	var e *content.SharedError
	switch {
	case other == "":
		if err != nil {
			t.Errorf("got %v, want the picture to count", err)
		}
	case !errors.As(err, &e) || e.Other != other || !slices.Equal(e.Uploaded, uploaded):
		t.Errorf("got %v, want it shared with %s (uploaded: %v)", err, other, uploaded)
	}
}

// One picture is believed for one image, in whatever ad accounts; as soon as another
// brings it, for neither, also after a restart.
func TestClaim(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	wants(t, x.Claim(sum("a"), image(1)), "")
	wants(t, x.Claim(sum("a"), image(1)), "")
	wants(t, x.Claim(sum("b"), image(2)), "")
	wants(t, x.Claim(sum("a"), image(2)), image(1))
	x = open(t, dir)
	wants(t, x.Claim(sum("a"), image(1)), image(2))
	wants(t, x.Claim(sum("b"), image(2)), "")
	wants(t, x.Claim(sum("a"), image(3)), image(1))
}

// What was uploaded before the picture was known to be shared is known from then on;
// afterwards nothing is uploaded.
func TestUpload(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	wants(t, x.Claim(sum("a"), image(1)), "")
	wants(t, x.Upload(sum("a"), image(1)), "")
	if got, err := x.Uploaded(); err != nil || len(got) > 0 {
		t.Errorf("got %v, %v, want none in doubt", got, err)
	}
	wants(t, x.Claim(sum("a"), image(2)), image(1), image(1))
	wants(t, x.Upload(sum("a"), image(2)), image(1), image(1))
	for _, x := range []*content.Index{x, open(t, dir)} {
		if got, err := x.Uploaded(); err != nil || !slices.Equal(got, []plan.Hash{image(1)}) {
			t.Errorf("got %v, %v, want the first image in doubt", got, err)
		}
	}
}

// A crash may leave half a line: it says nothing, and what comes behind it is read.
func TestHalfLine(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	wants(t, x.Claim(sum("a"), image(1)), "")
	name := filepath.Join(dir, fmt.Sprintf("%02x", sum("a")[0]))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if err := os.WriteFile(name, append(bytes.Clone(whole), whole[:n]...), 0o644); err != nil {
			t.Fatal(err)
		}
		wants(t, x.Claim(sum("a"), image(1)), "")
		wants(t, x.Claim(sum("a"), image(2)), image(1))
		wants(t, x.Claim(sum("a"), image(1)), image(2))
	}
}

// Of many that claim one picture at once, also in several processes, one at most is
// told that it counts.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	counted := 0
	var all sync.WaitGroup
	for i := range 20 {
		x := open(t, dir)
		all.Go(func() {
			if x.Claim(sum("a"), image(i)) == nil {
				mu.Lock()
				counted++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if counted != 1 {
		t.Errorf("%d images were told that the picture is theirs, want 1", counted)
	}
}

func ExampleIndex() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	x, _ := content.Open(dir)
	defer x.Close()
	picture := sha256.Sum256([]byte("the bytes that came"))
	fmt.Println(x.Claim(picture, "0123456789abcdef0123456789abcdef"))
	fmt.Println(x.Claim(picture, "fedcba9876543210fedcba9876543210"))
	// Output:
	// <nil>
	// the content network sent the same picture for image 0123456789abcdef0123456789abcdef; it may belong to neither
}
