package spill_test

import (
	"encoding/json"
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
	Account plan.Account
	Hash    plan.Hash
	Text    string
}

func (r row) Image() (plan.Account, plan.Hash) { return r.Account, r.Hash }

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
			page = append(page, row{a, plan.Hash(fmt.Sprintf("%032x", i*10+k)), texts[(i+k)%len(texts)]})
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

// wrong is a row that is read back as another.
type wrong struct {
	row
	Read []byte `json:"-"`
}

func (w wrong) MarshalJSON() ([]byte, error)     { return w.Read, nil }
func (w *wrong) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &w.row) }

// What is not an image of the account is not taken, and not read back either: a deletion may follow.
func TestFileChecks(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef"
	for _, bad := range []row{{"11", "0123", ""}, {"11", "", ""}, {"11", "0123456789abcdef0123456789abcdeg", ""}, {"11", "0123456789abcdef0123456789abcdeF", ""}, {"22", hash, ""}} {
		f, err := spill.New[wrong]()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.Add("11", []wrong{{row: bad, Read: []byte(`{}`)}}); err == nil || errors.As(err, new(*spill.Error)) {
			t.Errorf("%v: got %v, want it refused", bad, err)
		}
		text, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		good := row{"11", hash, ""}
		if err := f.Add("11", []wrong{{row: good, Read: text}}); err != nil {
			t.Fatal(err)
		}
		n := 0
		for got, err := range f.Rows("11") {
			if n++; !errors.As(err, new(*spill.Error)) || got.row != (row{}) {
				t.Errorf("%v: got %v, %v, want an Error alone", bad, got, err)
			}
		}
		if n != 1 {
			t.Errorf("%v: got %d rows, want an Error", bad, n)
		}
	}
}
