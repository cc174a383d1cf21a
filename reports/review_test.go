package reports_test

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/jobs/review"
	"adferry/plan"
	"adferry/reports"
)

// pictures are n images; the last is an error if fails is set.
func pictures(n int, fails error) iter.Seq2[review.Picture, error] {
	return func(yield func(review.Picture, error) bool) {
		for i := range n {
			p := review.Picture{Account: "11", Hash: plan.Hash(fmt.Sprintf("%032x", i)), Name: fmt.Sprintf("image %d", i), Why: "unused"}
			if i == n-1 && fails != nil {
				yield(p, fails)
				return
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A review has as many pages as its images need, each with its own, and leaves nothing of
// an earlier one.
func TestReviewPages(t *testing.T) {
	for _, test := range []struct {
		images int
		pages  []string
		last   string
	}{
		{1, []string{"review.html"}, "Images 1 to 1 of 1."},
		{300, []string{"review.html"}, "Images 1 to 300 of 300."},
		{301, []string{"review-2.html", "review.html"}, "Images 301 to 301 of 301."},
		{900, []string{"review-2.html", "review-3.html", "review.html"}, "Images 601 to 900 of 900."},
	} {
		t.Run(fmt.Sprint(test.images), func(t *testing.T) {
			dir := t.TempDir()
			for _, stale := range []string{"review.html", "review-7.html"} {
				if err := os.WriteFile(filepath.Join(dir, stale), []byte("old"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if err := reports.WriteReview(dir, &reports.Review{Title: "a review", Pictures: test.images, AsOf: began}, pictures(test.images, nil)); err != nil {
				t.Fatal(err)
			}
			if got := namesIn(t, dir); !slices.Equal(got, test.pages) {
				t.Errorf("got %q, want %q", got, test.pages)
			}
			if last := read(t, dir, review.PageName(len(test.pages))); !strings.Contains(last, test.last) {
				t.Errorf("the last page does not say %q", test.last)
			}
			shown := 0
			for _, name := range test.pages {
				shown += strings.Count(read(t, dir, name), "<li>")
			}
			if shown != test.images {
				t.Errorf("got %d images, want %d", shown, test.images)
			}
		})
	}
}

// A page that cannot be finished is not there, and neither is one of an earlier review: it
// would show what does not go.
func TestReviewThatFails(t *testing.T) {
	dir, broken := t.TempDir(), errors.New("broken")
	review := &reports.Review{Pictures: 400, AsOf: began}
	if err := reports.WriteReview(dir, review, pictures(400, nil)); err != nil {
		t.Fatal(err)
	}
	if err := reports.WriteReview(dir, review, pictures(350, broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got, want := namesIn(t, dir), []string{"review.html"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := reports.WriteReview(dir, review, pictures(399, nil)); err == nil {
		t.Error("a review without the last image is called complete")
	}
}

// What the API did not tell is not known, and looks so.
func TestPictureOfTheUnknown(t *testing.T) {
	var b strings.Builder
	l := reports.NewPictureList(&b, []plan.Account{"11", "22", "33", "44", "55", "66", "77"}, began)
	for _, p := range []review.Picture{
		{Account: "11", Hash: "0123456789abcdef0123456789abcdef", Use: "use not told"},
		{Account: "11", Name: "gone", Status: "DELETED", Width: 1200, Height: 628, Created: began.Add(-5 * time.Hour), Thumbnail: "http://example.com/x"},
	} {
		if err := l.Picture(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.End(true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"act_55 and 2 more ad accounts", `<h2 class="none">no name</h2>`, "<p>size not told</p>", "<p>age not told</p>", "<p>use not told</p>",
		"<p>1200 × 628</p>", "<p>5 hours old, from ", "<p>deleted</p>", "no thumbnail", "This list is not complete: 2 images could be read",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bad := range []string{"ZgotmplZ", "<img", "<script", "<no value>", "example.com"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

// A page takes no memory for the images that it has written.
func BenchmarkSheet(b *testing.B) {
	b.ReportAllocs()
	l := reports.NewPictureList(io.Discard, []plan.Account{"11"}, began)
	for p := range pictures(b.N, nil) {
		if err := l.Picture(p); err != nil {
			b.Fatal(err)
		}
	}
}
