package review_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/reader"
	"adferry/jobs/review"
	"adferry/plan"
)

func TestIsPage(t *testing.T) {
	for name, want := range map[string]bool{
		"review.html": true, "review-2.html": true, "review-3334.html": true,
		"review-1.html": false, "review-0.html": false, "review-02.html": false, "review-+2.html": false, "review--2.html": false,
		"review-x.html": false, "review-.html": false, "review": false, "Review.html": false, "review.html.bak": false, "2.html": false, "": false,
	} {
		if got := review.IsPage(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"review.html", "review-2.html", ".review-3.html123", "review-x.html", "job.db", ".review.html77"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := review.Pages(dir)
	slices.Sort(got)
	if want := []string{"review-2.html", "review-3.html", "review.html"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := review.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "review-x.html")); err != nil {
		t.Error("a file that is no page was removed")
	}
}

// finder finds the images whose hash ends in 0, says of the others that they are absent,
// and fails for some ad accounts.
type finder struct {
	refused map[plan.Account]bool
	offline bool
	calls   int
}

func (f *finder) Find(_ context.Context, accounts []plan.Account, _ graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error], each func(reader.Found) error) error {
	f.calls++
	if f.offline {
		return errors.New("no network")
	}
	var failed []error
	for _, a := range accounts {
		if f.refused[a] {
			failed = append(failed, &reader.AccountError{Account: a, Err: &graph.Error{Message: "refused"}})
			continue
		}
		for h := range hashes(a) {
			found := reader.Found{Account: a, Hash: h}
			if strings.HasSuffix(string(h), "0") {
				found.Image = &graph.Image{Hash: string(h), Name: "image " + string(h)}
			}
			if err := each(found); err != nil {
				return err
			}
		}
	}
	return errors.Join(append([]error{nil}, failed...)...)
}

// rows delete n images of each of three ad accounts, in turn, and bring one back.
func rows(n int) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		for i := range n {
			for _, a := range []plan.Account{"11", "22", "33"} {
				if !yield(plan.Line{Verb: plan.Delete, Source: a, Hash: plan.Hash(fmt.Sprintf("%032x", i)), Note: "why"}, nil) {
					return
				}
			}
		}
		yield(plan.Line{Verb: plan.Upload, Target: "11"}, nil)
	}
}

// Every image that goes has a picture, in the order of the rows, whatever can be read;
// what failed once is not asked for again.
func TestDeletions(t *testing.T) {
	const images = 2000 // three chunks
	for _, test := range []struct {
		name        string
		finder      *finder
		named, told int
		unread      int
		calls       int
	}{
		{"all is read", &finder{}, 3 * images / 16, 0, 0, 3},
		{"an ad account refuses", &finder{refused: map[plan.Account]bool{"22": true}}, 2 * images / 16, 1, images, 3},
		{"no network", &finder{offline: true}, 0, 1, 3 * images, 1},
		{"no token", nil, 0, 0, 3 * images, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f review.Finder
			if test.finder != nil {
				f = test.finder
			}
			named, unread, told, n := 0, 0, 0, 0
			for p, err := range review.Deletions(context.Background(), f, rows(images), func(error) { told++ }) {
				if err != nil {
					t.Fatal(err)
				}
				if want := plan.Hash(fmt.Sprintf("%032x", n/3)); p.Hash != want || p.Account != []plan.Account{"11", "22", "33"}[n%3] || p.Why != "why" {
					t.Fatalf("picture %d is %+v", n, p)
				}
				n++
				if p.Name != "" {
					named++
				}
				if p.Use == review.Unread {
					unread++
				}
			}
			if n != 3*images || named != test.named || told != test.told || unread != test.unread {
				t.Errorf("got %d pictures, %d named, %d errors, %d unread; want %d, %d, %d, %d", n, named, told, unread, 3*images, test.named, test.told, test.unread)
			}
			if test.finder != nil && test.finder.calls != test.calls {
				t.Errorf("got %d calls, want %d", test.finder.calls, test.calls)
			}
		})
	}
}

func TestDeletionsEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	cancel(stopped)
	var got error
	for _, err := range review.Deletions(ctx, &finder{}, rows(1), func(error) {}) {
		got = err
	}
	if !errors.Is(got, stopped) {
		t.Errorf("got %v, want %v", got, stopped)
	}
}

func TestUse(t *testing.T) {
	for want, image := range map[string]graph.Image{
		"used by 1 creative":        {Creatives: []string{"1"}},
		"used by 2 creatives":       {Creatives: []string{"1", "2"}},
		"associated with creatives": {Associated: true, UseKnown: true},
		"no creative listed":        {UseKnown: true},
		"use not told":              {},
	} {
		if got := review.Of("11", image).Use; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
