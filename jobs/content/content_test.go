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
func wants(t *testing.T, err error, other plan.Hash) {
	t.Helper()
	var e *content.SharedError
	switch {
	case other == "":
		if err != nil {
			t.Errorf("got %v, want the picture to count", err)
		}
	case !errors.As(err, &e) || e.Other != other:
		t.Errorf("got %v, want it shared with %s", err, other)
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

// doubts checks which of the images 1 and 2 are in doubt.
func doubts(t *testing.T, x *content.Index, want ...plan.Hash) {
	t.Helper()
	for _, h := range []plan.Hash{image(1), image(2)} {
		if got, err := x.Doubted(h); err != nil || got != slices.Contains(want, h) {
			t.Errorf("got %v, %v for %s, want in doubt: %v", got, err, h, want)
		}
	}
}

// What was uploaded before the picture was known to be shared is in doubt from then on, for every
// process; afterwards nothing is uploaded.
func TestUpload(t *testing.T) {
	dir := t.TempDir()
	x, other := open(t, dir), open(t, dir)
	wants(t, x.Claim(sum("a"), image(1)), "")
	wants(t, x.Upload(sum("a"), image(1)), "")
	doubts(t, x)
	doubts(t, other)
	wants(t, other.Claim(sum("a"), image(2)), image(1))
	wants(t, other.Upload(sum("a"), image(2)), image(1))
	for _, x := range []*content.Index{x, other, open(t, dir)} {
		doubts(t, x, image(1))
	}
}

// A crash leaves a claim of an image only with the doubt about another one that it raises.
func TestHalfDoubt(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir)
	wants(t, x.Claim(sum("a"), image(1)), "")
	wants(t, x.Upload(sum("a"), image(1)), "")
	if err := os.WriteFile(filepath.Join(dir, "doubted"), []byte(image(1)[:7]), 0o644); err != nil {
		t.Fatal(err)
	}
	doubts(t, x)
	wants(t, x.Claim(sum("a"), image(2)), image(1))
	doubts(t, x, image(1))
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

// What a killed process left on its way goes when nobody else uses the folder, and not before.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	folder := func() *content.Folder {
		f, err := content.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	there := func(name string) bool {
		_, err := os.Stat(name)
		return err == nil
	}
	first := folder()
	file, err := first.Create()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	second := folder()
	if !there(file.Name()) {
		t.Error("a folder that was opened removed a file of another process")
	}
	if err := second.Close(); err != nil || !there(file.Name()) {
		t.Errorf("closing a folder removed a file of another process (%v)", err)
	}
	wants(t, first.Claim(sum("a"), image(1)), "")
	if err := first.Close(); err != nil || there(file.Name()) {
		t.Errorf("closing the folder left a file (%v)", err)
	}
	left := filepath.Join(dir, "new", "left")
	if err := errors.Join(os.MkdirAll(filepath.Dir(left), 0o755), os.WriteFile(left, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	third := folder()
	defer third.Close()
	if there(left) {
		t.Error("what a killed process left is still there")
	}
	wants(t, third.Claim(sum("a"), image(2)), image(1))
}
