package spill_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs/spill"
	"adferry/plan"
)

type row struct {
	Hash plan.Hash
	Text string
}

// Rows come back by account, as they were added, whatever their text and however their
// pages came in between; again and again.
func TestFile(t *testing.T) {
	f, err := spill.New[row]()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[plan.Account][]row{}
	texts := []string{"", "a", "two\nlines \x00 and more", strings.Repeat("long", 50_000)}
	for i := range 300 {
		a := plan.Account(fmt.Sprint(11 * (1 + i%3)))
		var page []row
		for k := range i % 5 {
			page = append(page, row{plan.Hash(fmt.Sprintf("%032x", i*10+k)), texts[(i+k)%len(texts)]})
		}
		if err := f.Add(a, page); err != nil {
			t.Fatal(err)
		}
		want[a] = append(want[a], page...)
	}
	n := 0
	for range 2 {
		for a, rows := range want {
			i := 0
			for got, err := range f.Rows(a) {
				if err != nil || i >= len(rows) || got != rows[i] {
					t.Fatalf("row %d of %s: got %.60v, %v", i, a, got, err)
				}
				i++
			}
			if n += i; i != len(rows) {
				t.Errorf("got %d rows of %s, want %d", i, a, len(rows))
			}
		}
	}
	if f.Len()*2 != n {
		t.Errorf("got length %d, want %d", f.Len(), n/2)
	}
	for range f.Rows("99") {
		t.Error("got a row of an account without any")
	}
}

func TestFileErrors(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	if _, err := spill.New[row](); !errors.As(err, new(*spill.Error)) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want an Error", err)
	}
}
