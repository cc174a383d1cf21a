package backup_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"adferry/graph"
	"adferry/jobs/backup"
	"adferry/jobs/content"
	"adferry/plan"
)

// spacer is what content networks send in place of pictures that they do not have.
const spacer = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// wantShared checks that an error names the other image that a picture came for.
func wantShared(t *testing.T, err error, other plan.Hash) {
	t.Helper()
	var e *content.SharedError
	if !errors.As(err, &e) || e.Other != other {
		t.Errorf("got %v, want the picture shared with %s", err, other)
	}
}

// wantKept checks which picture the folder has of an image, "" for none.
func wantKept(t *testing.T, f *backup.Folder, hash plan.Hash, picture string) {
	t.Helper()
	e, err := f.Find("11", hash)
	switch {
	case picture == "":
		if !errors.Is(err, backup.ErrNotFound) {
			t.Errorf("got %+v, %v, want %s not kept", e, err, hash)
		}
	case err != nil || e.SHA256 != fmt.Sprintf("%x", sha256.Sum256([]byte(picture))):
		t.Errorf("got %+v, %v, want %s kept", e, err, hash)
	}
}

// A picture that came for two images is the backup of neither: the later one is not
// kept, the earlier one no longer vouched for, also by the next process; each is kept
// as soon as a picture of its own comes. One image in two ad accounts has one picture.
func TestOnePictureForTwo(t *testing.T) {
	dir, g := t.TempDir(), &fakeDownloader{picture: drawn("placeholder")}
	f := open(t, dir, g)
	keep(t, f, "11", hashA, "")
	keep(t, f, "22", hashA, "")
	sum := graph.Sum(sha256.Sum256([]byte(g.picture)))
	if err := f.Vouch(sum, hashA); err != nil {
		t.Errorf("got %v before another image came", err)
	}
	_, err := f.Save(t.Context(), "33", graph.Image{Hash: hashB, URL: "https://x"})
	wantShared(t, err, hashA)
	wantKept(t, f, hashB, "")
	f.Close()
	f = open(t, dir, g)
	wantShared(t, f.Vouch(sum, hashA), hashB)
	_, err = f.Save(t.Context(), "11", graph.Image{Hash: hashA, URL: "https://x"})
	wantShared(t, err, hashB)
	wantKept(t, f, hashA, g.picture)
	g.picture = ""
	keep(t, f, "11", hashA, "")
	keep(t, f, "11", hashB, "")
	wantKept(t, f, hashA, drawn(hashA))
	wantKept(t, f, hashB, drawn(hashB))
	restores(t, dir, 3)
}

// What is no picture of the image is not kept, and leaves nothing.
func TestNoPictureOfTheImage(t *testing.T) {
	for name, picture := range map[string]string{
		"a placeholder":          spacer,
		"cut behind the header":  drawn("x")[:40],
		"of another size":        drawn("x"),
		"a page":                 "<!DOCTYPE html>",
		"an image's first bytes": "\x89PNG\r\n\x1a\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := open(t, dir, &fakeDownloader{picture: picture})
			_, err := f.Save(t.Context(), "11", graph.Image{Hash: hashA, URL: "https://x", Width: 1200, Height: 800})
			var e *graph.Error
			if !errors.As(err, &e) || e.Class != graph.Transient {
				t.Errorf("got %v, want an error that another try may mend", err)
			}
			wantKept(t, f, hashA, "")
			for _, pattern := range []string{"11/*", "new/*", "restore.csv"} {
				if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 {
					t.Errorf("%v were left", left)
				}
			}
		})
	}
}

// What was kept when less was asked of a picture is looked into before it lets its
// image be deleted.
func TestKeptPlaceholder(t *testing.T) {
	dir, g := t.TempDir(), &fakeDownloader{}
	f := open(t, dir, g)
	keep(t, f, "11", hashA, "")
	old, err := os.ReadFile(filepath.Join(dir, "11", hashA+".json"))
	if err != nil {
		t.Fatal(err)
	}
	of := func(picture string) []byte {
		return fmt.Appendf(nil, "%x", sha256.Sum256([]byte(picture)))
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "11", hashA+".png"), []byte(spacer), 0o644),
		os.WriteFile(filepath.Join(dir, "11", hashA+".json"), bytes.Replace(old, of(drawn(hashA)), of(spacer), 1), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	wantKept(t, f, hashA, spacer)
	keep(t, f, "11", hashA, "")
	wantKept(t, f, hashA, drawn(hashA))
	if g.fetched != 2 {
		t.Errorf("%d pictures were fetched, want 2", g.fetched)
	}
}

// Pictures that a killed process was writing go, unless another process is keeping images in
// the folder: they may be that one's.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir, &fakeDownloader{})
	left := filepath.Join(dir, "new", "1234")
	if err := os.WriteFile(left, []byte("half a picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	exists := func(want bool, when string) {
		t.Helper()
		if _, err := os.Stat(left); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
	}
	second := open(t, dir, &fakeDownloader{})
	exists(true, "while the first is at work")
	first.Close()
	open(t, dir, &fakeDownloader{}).Close()
	exists(true, "while the second is at work")
	reader, err := backup.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	exists(true, "for one that only reads")
	second.Close()
	exists(false, "when nobody is at work")
}
