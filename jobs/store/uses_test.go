package store_test

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

func someImages(n int) iter.Seq2[jobs.ImageAt, error] {
	return func(yield func(jobs.ImageAt, error) bool) {
		for i := range n {
			if !yield(jobs.ImageAt{Account: plan.Account(fmt.Sprint(11 * (1 + i%2))), Hash: plan.Hash(fmt.Sprintf("%032x", i))}, nil) {
				return
			}
		}
	}
}

// What was read stays for the next process, and is not asked for again; nothing else is
// known.
func TestUses(t *testing.T) {
	dir := t.TempDir()
	u, err := store.OpenUses(t.Context(), dir, "job")
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Want(t.Context(), someImages(2001)); err != nil {
		t.Fatal(err)
	}
	want := jobs.ImageUse{
		ImageAt: jobs.ImageAt{Account: "11", Hash: plan.Hash(fmt.Sprintf("%032x", 4))}, Present: true, Active: true,
		Use: graph.Used, Creatives: []string{"1", "2"}, Name: "a b", ReadAt: time.UnixMilli(1700000000000).UTC(),
	}
	if err := errors.Join(u.Add(t.Context(), want), u.Flush(t.Context()), u.Close(true)); err != nil {
		t.Fatal(err)
	}
	if u, err = store.OpenUses(t.Context(), dir, "job"); err != nil {
		t.Fatal(err)
	}
	if err := u.Want(t.Context(), someImages(2001)); err != nil {
		t.Fatal(err)
	}
	got, ok, err := u.Of(t.Context(), want.ImageAt)
	if d := cmp.Diff(want, got); d != "" || !ok || err != nil {
		t.Errorf("got %v, %v\n%s", ok, err, d)
	}
	for _, i := range []jobs.ImageAt{{Account: "11", Hash: plan.Hash(fmt.Sprintf("%032x", 6))}, {Account: "99", Hash: want.Hash}} {
		if _, ok, err := u.Of(t.Context(), i); ok || err != nil {
			t.Errorf("%v: got %v, %v, want that it is not known", i, ok, err)
		}
	}
	accounts, left, err := u.Accounts(t.Context())
	if len(accounts) != 2 || left != 2000 || err != nil {
		t.Errorf("got %v and %d, %v", accounts, left, err)
	}
	n := 0
	for h, err := range u.Unread(t.Context(), "11") {
		if n++; err != nil || h == want.Hash {
			t.Fatalf("got %s, %v", h, err)
		}
	}
	if n != 1000 {
		t.Errorf("got %d images to be read, want 1000", n)
	}

	// One process at a time.
	if _, err := store.OpenUses(t.Context(), dir, "job"); !errors.Is(err, store.ErrUsesBusy) {
		t.Errorf("got %v, want ErrUsesBusy", err)
	}
	if err := u.Close(false); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%s is left", entries[0].Name())
	}
}

// What was read for something else is dropped, and so is a file that is no database.
func TestUsesOfSomethingElse(t *testing.T) {
	dir := t.TempDir()
	for i, what := range []string{"job a", "job b", "job b"} {
		if i == 2 {
			if err := os.WriteFile(filepath.Join(dir, store.UsesName), []byte("this is no database, and long enough to look like one"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		u, err := store.OpenUses(t.Context(), dir, what)
		if err != nil {
			t.Fatal(err)
		}
		if _, left, err := u.Accounts(t.Context()); left != 0 || err != nil {
			t.Errorf("%s: got %d, %v", what, left, err)
		}
		if err := errors.Join(u.Want(t.Context(), someImages(3)), u.Close(true)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.OpenUses(t.Context(), filepath.Join(dir, "nowhere"), ""); !errors.As(err, new(*store.DiskError)) {
		t.Errorf("got %v, want a DiskError", err)
	}
}
