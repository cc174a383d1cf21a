package backup_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"adferry/graph"
	"adferry/jobs/backup"
	"adferry/plan"
)

const (
	hashA = "0123456789abcdef0123456789abcdef"
	hashB = "fedcba9876543210fedcba9876543210"
)

// fakeDownloader sends a picture that is any image's own, or the one that it is given, or
// fails.
type fakeDownloader struct {
	picture string
	err     error
	fetched int
}

func (g *fakeDownloader) Fetch(ctx context.Context, image graph.Image, f graph.PictureFile) (p graph.Picture, err error) {
	g.fetched++
	data := cmp.Or(g.picture, drawn(image.Hash))
	if _, err := io.WriteString(f, data); err != nil {
		return p, err
	}
	if g.err != nil {
		return p, g.err
	}
	p, err = graph.CheckPicture(ctx, image, f, int64(len(data)))
	p.SHA256 = sha256.Sum256([]byte(data))
	return p, err
}

// drawn is a PNG of its own for each text.
func drawn(text string) string {
	sum := sha256.Sum256([]byte(text))
	m := image.NewGray(image.Rect(0, 0, 8, 4))
	copy(m.Pix, sum[:])
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

func open(t *testing.T, dir string, g *fakeDownloader) *backup.Folder {
	t.Helper()
	f, err := backup.Open(dir, g)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func keep(t *testing.T, f *backup.Folder, account plan.Account, hash, name string) {
	t.Helper()
	if _, err := f.Save(t.Context(), account, graph.Image{Hash: hash, Name: name, URL: "https://x", Created: "2026-01-02T03:04:05+0000"}); err != nil {
		t.Fatal(err)
	}
}

func TestKeep(t *testing.T) {
	dir, g := filepath.Join(t.TempDir(), "new", "backup"), &fakeDownloader{}
	f := open(t, dir, g)
	keep(t, f, "11", hashA, "shoe, red.jpg")
	keep(t, f, "11", hashA, "shoe, red.jpg")
	keep(t, f, "22", hashA, "")
	if g.fetched != 2 {
		t.Errorf("%d pictures were fetched, want 2", g.fetched)
	}
	e, err := f.Find("11", hashA)
	if err != nil || e.Picture() != "11/"+hashA+".png" || e.Name != "shoe, red.jpg" || e.Size != int64(len(drawn(hashA))) || e.Created == "" || len(e.SHA256) != 64 {
		t.Errorf("got %+v, %v", e, err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, e.Picture())); string(data) != drawn(hashA) {
		t.Errorf("got picture %q, %v", data, err)
	}
	if name, ok := backup.OriginalName(filepath.Join(dir, e.Picture())); name != "shoe, red.jpg" || !ok {
		t.Errorf("got name %q, %v", name, ok)
	}
	if _, err := f.Find("22", hashB); !errors.Is(err, backup.ErrNotFound) {
		t.Errorf("got %v of an image that is not kept", err)
	}
	restores(t, dir, 2)
	if left, _ := filepath.Glob(filepath.Join(dir, "new", "*")); len(left) > 0 {
		t.Errorf("%v were left", left)
	}
}

// restores checks that restore.csv is a manifest of so many uploads whose files
// are there.
func restores(t *testing.T, dir string, want int) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "restore.csv"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(file string) (string, string) {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			return err.Error(), ""
		}
		return "", ""
	}
	p, err := plan.ReadFiles(bytes.NewReader(raw), check, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if got := p.Counts().Uploads; got != want {
		t.Errorf("restore.csv uploads %d images, want %d", got, want)
	}
}

// Nothing counts as kept that did not come whole.
func TestKeepFails(t *testing.T) {
	dir := t.TempDir()
	down := &graph.Error{Class: graph.Transient, Message: "down"}
	g := &fakeDownloader{err: down}
	f := open(t, dir, g)
	if _, err := f.Save(t.Context(), "11", graph.Image{Hash: hashA}); !errors.Is(err, down) {
		t.Errorf("got %v, want the error of the download", err)
	}
	if _, err := f.Find("11", hashA); !errors.Is(err, backup.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	var e *graph.Error
	if _, err := f.Save(t.Context(), "11", graph.Image{Hash: "../../x"}); !errors.As(err, &e) {
		t.Errorf("got %v for a hash that is none", err)
	}
	g.err = nil
	keep(t, f, "11", hashA, "")
	restores(t, dir, 1)
}

// What a crash or a careless hand left is fetched again.
func TestKeepMends(t *testing.T) {
	picture, sidecar, rows := "11/"+hashA+".png", "11/"+hashA+".json", "restore.csv"
	for _, test := range []struct {
		name  string
		spoil func(dir string) error
	}{
		{"no JSON", func(dir string) error { return os.Remove(filepath.Join(dir, sidecar)) }},
		{"half a JSON", func(dir string) error { return os.Truncate(filepath.Join(dir, sidecar), 20) }},
		{"no picture", func(dir string) error { return os.Remove(filepath.Join(dir, picture)) }},
		{"half a picture", func(dir string) error { return os.Truncate(filepath.Join(dir, picture), 5) }},
		{"half a row", func(dir string) error {
			raw, err := os.ReadFile(filepath.Join(dir, rows))
			return errors.Join(err, os.Truncate(filepath.Join(dir, rows), int64(len(raw)-7)), os.Remove(filepath.Join(dir, sidecar)))
		}},
		{"half a header", func(dir string) error {
			return errors.Join(os.Truncate(filepath.Join(dir, rows), 5), os.Remove(filepath.Join(dir, sidecar)))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			f := open(t, dir, &fakeDownloader{})
			keep(t, f, "11", hashA, "")
			f.Close()
			if err := test.spoil(dir); err != nil {
				t.Fatal(err)
			}
			g := &fakeDownloader{}
			f = open(t, dir, g)
			if _, err := f.Find("11", hashA); !errors.Is(err, backup.ErrNotFound) {
				t.Errorf("got %v, want it not kept", err)
			}
			keep(t, f, "11", hashA, "")
			if g.fetched != 1 {
				t.Errorf("%d pictures were fetched, want 1", g.fetched)
			}
			restores(t, dir, 1)
		})
	}
}

func TestNewerIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, &fakeDownloader{})
	keep(t, f, "11", hashA, "")
	path := filepath.Join(dir, "11", hashA+".json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(raw, []byte(`"version": 1`), []byte(`"version": 2`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Save(t.Context(), "11", graph.Image{Hash: hashA}); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("got %v", err)
	}
}

// Several jobs share a folder.
func TestKeepTogether(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for job := range 4 {
		f := open(t, dir, &fakeDownloader{})
		all.Go(func() {
			for i := range 50 {
				keep(t, f, plan.Account(fmt.Sprint(11+job%2)), fmt.Sprintf("%032x", i), "")
			}
		})
	}
	all.Wait()
	restores(t, dir, 100)
}

// A full disk is told from a picture that cannot be had.
func TestKeepOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, &fakeDownloader{})
	if err := os.WriteFile(filepath.Join(dir, "11"), nil, 0o644); err != nil { // where a folder has to be
		t.Fatal(err)
	}
	_, err := f.Save(t.Context(), "11", graph.Image{Hash: hashA})
	var e *graph.Error
	var p *fs.PathError
	if errors.As(err, &e) || !errors.As(err, &p) {
		t.Errorf("got %v, want the disk's own error", err)
	}
}

func ExampleFolder() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	f, _ := backup.Open(dir, &fakeDownloader{})
	defer f.Close()
	_, _ = f.Save(context.Background(), "11", graph.Image{Hash: hashA, Name: "shoe.png", URL: "https://cdn.example/shoe"})
	rows, _ := os.ReadFile(filepath.Join(dir, "restore.csv"))
	fmt.Print(string(rows))
	// Output:
	// operation,source_account,hash,target_account,file,note
	// upload,,0123456789abcdef0123456789abcdef,act_11,11/0123456789abcdef0123456789abcdef.png,
}

// An image counts as kept only once its row is in restore.csv.
func TestRowComesFirst(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, &fakeDownloader{})
	if err := os.Mkdir(filepath.Join(dir, "lock"), 0o755); err != nil { // no row can be added
		t.Fatal(err)
	}
	if _, err := f.Save(t.Context(), "11", graph.Image{Hash: hashA}); err == nil {
		t.Error("no row could be written, and the image was kept")
	}
	if _, err := f.Find("11", hashA); !errors.Is(err, backup.ErrNotFound) {
		t.Errorf("got %v, want it not kept", err)
	}
}

// A picture that is not the one that was kept is no backup, whatever its length.
func TestDamagedPictureIsNotKept(t *testing.T) {
	dir := t.TempDir()
	g := &fakeDownloader{}
	f := open(t, dir, g)
	keep(t, f, "11", hashA, "")
	path := filepath.Join(dir, "11", hashA+".png")
	if err := os.WriteFile(path, make([]byte, len(drawn(hashA))), 0o644); err != nil {
		t.Fatal(err)
	}
	keep(t, f, "11", hashA, "")
	if data, err := os.ReadFile(path); string(data) != drawn(hashA) {
		t.Errorf("the picture is %q, %v", data, err)
	}
}

// People edit restore.csv, also while a job runs: no row of theirs is lost, and
// every image that is kept has one.
func TestEditedRows(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(path string, raw []byte) error
		want int
	}{
		{"the last line end is gone", func(path string, raw []byte) error {
			return os.WriteFile(path, bytes.TrimSpace(raw), 0o644)
		}, 2},
		{"the last line is a header without its end", func(path string, raw []byte) error {
			return os.WriteFile(path, bytes.TrimSpace(raw[:bytes.IndexByte(raw, '\n')+1]), 0o644)
		}, 2},
		{"the row was taken out", func(path string, raw []byte) error {
			return os.WriteFile(path, raw[:bytes.IndexByte(raw, '\n')+1], 0o644)
		}, 2},
		{"the file was taken away", func(path string, raw []byte) error { return os.Remove(path) }, 2},
		{"an editor put a new file in its place", func(path string, raw []byte) error {
			return errors.Join(os.WriteFile(path+".x", raw, 0o644), os.Rename(path+".x", path))
		}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			f := open(t, dir, &fakeDownloader{})
			keep(t, f, "11", hashA, "")
			path := filepath.Join(dir, "restore.csv")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := test.edit(path, raw); err != nil {
				t.Fatal(err)
			}
			keep(t, f, "11", hashA, "") // deleted once more
			keep(t, f, "11", hashB, "")
			restores(t, dir, test.want)
		})
	}
}
