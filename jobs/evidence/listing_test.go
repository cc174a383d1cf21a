package evidence

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
)

// show is a page of images of ad account 1 that goes on behind a cursor.
func show(after string, images ...string) graph.Reply {
	r := graph.Reply{After: after, Empty: after == "" && len(images) == 0}
	for _, i := range images {
		r.Images = append(r.Images, graph.Image{Hash: i})
	}
	return r
}

// chain are pages of an image each: "" is the first. Behind the last one comes the one
// named back.
func chain(back string, cursors ...string) func(int, string) graph.Reply {
	return func(_ int, at string) graph.Reply {
		after := back
		if i := slices.Index(cursors, at); i < len(cursors)-1 {
			after = cursors[i+1]
		}
		return show(after, "image "+at)
	}
}

// script are the answers in the order of the reads.
func script(pages ...graph.Reply) func(int, string) graph.Reply {
	return func(n int, _ string) graph.Reply { return pages[n-1] }
}

func TestListing(t *testing.T) {
	cursor := func(n int) string { return fmt.Sprint("cursor ", n) }
	foreign, nameless := show("", "b"), show("", "b")
	foreign.Images[0].ID, nameless.Nameless = "2:b", 1
	filter := graph.Query{Name: "a"}
	const upper, lower = "ABCDEF0123456789ABCDEF0123456789", "abcdef0123456789abcdef0123456789"
	for _, tt := range []struct {
		name   string
		page   func(n int, after string) graph.Reply // the answer to the n-th read
		query  graph.Query
		way    Next
		images int
		reads  int
		why    string
	}{
		{"no image", script(show("")), graph.Query{}, NextNone, 0, 1, ""},
		{"three pages", chain("", "", "a", "b"), graph.Query{}, NextNone, 3, 3, ""},
		{"an image twice on a page", script(show("", "a", "b", "a")), graph.Query{}, NextNone, 2, 1, ""},
		{"an image at the boundary of pages", script(show("2", "a", "b"), show("3", "b", "c"), show("", "c", "d")), graph.Query{}, NextNone, 4, 3, ""},
		{"two pages with nothing new", script(show("2", "a"), show("3", "a"), show("4"), show("5", "b"), show("6", "b"), show("7", "a"), show("", "c")), graph.Query{}, NextNone, 3, 7, ""},
		{"a last page with nothing new", script(show("2", "a"), show("3", "a"), show("4", "a"), show("", "a")), graph.Query{}, NextNone, 1, 4, ""},
		{"cursors that differ in case", script(show(lower, "a"), show(upper, "b"), show("", "c")), graph.Query{}, NextNone, 3, 3, ""},
		{"a cursor that looks like an image", script(show(lower, lower), show("", "b")), graph.Query{}, NextNone, 2, 2, ""},
		{"a page that leads back, and then on", script(show("2", "a"), show("2", "b"), show("2", "b"), show("3", "b"), show("", "c")), graph.Query{}, NextNone, 3, 5, ""},
		{"every page leads back, and then on to something new", script(show("2", "a"), show("2", "b"), show("3", "b"), show("2"), show("4", "c"), show("2", "c"), show("5"), show("", "d")), graph.Query{}, NextNone, 4, 8, ""},
		{"a filter that leaves pages empty", func(n int, _ string) graph.Reply {
			if n == 500 {
				return show("", "a")
			}
			return show(cursor(n))
		}, filter, NextNone, 1, 500, ""},

		{"the same cursor again", chain("a", "", "a"), graph.Query{}, NextEndless, 2, 4, "the next page is one that was already read"},
		{"a page that leads to itself", chain("b", "", "a", "b"), graph.Query{}, NextEndless, 3, 5, "the next page is one that was already read"},
		{"a circle", chain("a", "", "a", "b", "c"), graph.Query{}, NextEndless, 4, 6, "the next page is one that was already read"},
		{"a circle behind a long way", chain("f", "", "a", "b", "c", "d", "e", "f", "g", "h", "i"), graph.Query{}, NextEndless, 10, 12, "the next page is one that was already read"},
		{"the same page behind new cursors", func(n int, _ string) graph.Reply { return show(cursor(n), "a", "b") }, graph.Query{}, NextEndless, 2, 4, "3 pages in a row have no new image"},
		{"three pages in turn behind new cursors", func(n int, _ string) graph.Reply { return show(cursor(n), cursor(n%3)) }, graph.Query{}, NextEndless, 3, 6, "3 pages in a row have no new image"},
		{"parts of a page before", func(n int, _ string) graph.Reply {
			return show(cursor(n), []string{"a", "b", "c", "d"}[:max(1, 5-n)]...)
		}, graph.Query{}, NextEndless, 4, 4, "3 pages in a row have no new image"},
		{"pages that lead back, and then on to nothing new", func(n int, _ string) graph.Reply {
			return show(cursor(n/2*(n%2)), "a")
		}, graph.Query{}, NextEndless, 1, 7, "3 pages in a row have no new image"},
		{"empty pages", func(n int, _ string) graph.Reply { return show(cursor(n)) }, graph.Query{}, NextEndless, 0, 3, "3 pages in a row have no new image"},
		{"empty pages under a filter", func(n int, _ string) graph.Reply { return show(cursor(n)) }, filter, NextEndless, 0, 2000, "2000 pages in a row are empty"},
		{"the same page under a filter", func(n int, _ string) graph.Reply { return show(cursor(n), "a") }, filter, NextEndless, 1, 4, "3 pages in a row have no new image"},
		{"images that are made up", func(n int, _ string) graph.Reply { return show(cursor(n), cursor(n)) }, graph.Query{}, NextEndless, 100, 100, "it has more than 100 images"},

		{"another ad account's images", script(show("2", "a"), foreign), graph.Query{}, NextUnknown, 1, 2, "another ad account"},
		{"an entry that names no image", script(show("2", "a"), nameless), graph.Query{}, NextUnknown, 1, 2, "name no image"},
		{"no list", script(graph.Reply{}), graph.Query{}, NextUnknown, 0, 1, "no list of images"},
	} {
		l := NewListing("1", tt.query)
		l.maxImages = 100
		page, images, reads := Page{Next: NextPage}, []string{}, 0
		for page.Next == NextPage || page.Next == NextRetry {
			after := page.After
			if reads++; reads > 3000 {
				t.Fatalf("%s: got no end", tt.name)
			}
			page = l.Judge(tt.page(reads, after))
			if page.Next == NextRetry {
				page.After = after
			}
			for _, i := range page.Images {
				images = append(images, i.Hash)
			}
		}
		slices.Sort(images)
		if page.Next != tt.way || !strings.Contains(page.Why, tt.why) || (page.Why == "") != (tt.why == "") {
			t.Errorf("%s: got way %d, %q; want %d, %q", tt.name, page.Next, page.Why, tt.way, tt.why)
		}
		if reads != tt.reads || len(images) != tt.images || len(slices.Compact(images)) != tt.images {
			t.Errorf("%s: got %d reads, %q; want %d reads, %d images, each once", tt.name, reads, images, tt.reads, tt.images)
		}
	}
}
