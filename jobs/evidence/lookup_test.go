package evidence_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/evidence"
	"adferry/plan"
)

func hash(n int) string { return fmt.Sprintf("%032x", n) }

// image is an image of ad account 1 as an answer shows it.
func image(n int, change ...func(*graph.Image)) graph.Image {
	i := graph.Image{ID: "1:" + hash(n), Hash: hash(n), Status: "ACTIVE"}
	for _, c := range change {
		c(&i)
	}
	return i
}

func TestJudge(t *testing.T) {
	deleted := func(i *graph.Image) { i.Status = "DELETED" }
	odd := func(i *graph.Image) { i.Status, i.StatusUnknown = "ARCHIVED", true }
	strange := func(i *graph.Image) { i.ID = "2:" + i.Hash }
	named := func(i *graph.Image) { i.ID, i.AccountID = "", "act_2" }
	bare := func(i *graph.Image) { i.ID, i.Status = "", "" }
	for _, test := range []struct {
		name  string
		after string // of the page before; "told": the API has told a status
		reply graph.Reply
		known string // of images 1, 2 and 3: s(een), a(bsent) or -
		rest  evidence.Rest
	}{
		{"all there", "", graph.Reply{Images: []graph.Image{image(1), image(2), image(3)}}, "sss", evidence.RestNone},
		{"all there, on a page that has a next", "", graph.Reply{Images: []graph.Image{image(1), image(2), image(3)}, After: "x"}, "sss", evidence.RestNone},
		{"one there twice", "", graph.Reply{Images: []graph.Image{image(1), image(1), image(2), image(3)}}, "sss", evidence.RestNone},
		{"none there", "", graph.Reply{Empty: true}, "---", evidence.RestAbsent},
		{"none there behind a cursor", "x", graph.Reply{Empty: true}, "---", evidence.RestAbsent},
		{"some there", "", graph.Reply{Images: []graph.Image{image(3), image(1)}}, "s-s", evidence.RestOpen},
		{"some there, and a next page", "", graph.Reply{Images: []graph.Image{image(3)}, After: "x"}, "--s", evidence.RestOpen},
		{"some there, and entries that name nothing", "", graph.Reply{Images: []graph.Image{image(2)}, Nameless: 2}, "-s-", evidence.RestOpen},
		{"with status DELETED", "", graph.Reply{Images: []graph.Image{image(1, deleted), image(2), image(3, deleted)}}, "asa", evidence.RestNone},
		{"without an id or a status", "", graph.Reply{Images: []graph.Image{image(1, bare), image(2, bare), image(3, bare)}}, "sss", evidence.RestNone},
		{"without a status, which was told before", "told", graph.Reply{Images: []graph.Image{image(1, bare), image(2), image(3)}}, "-ss", evidence.RestOpen},
		{"nothing but such", "told", graph.Reply{Images: []graph.Image{image(1, bare)}}, "---", evidence.RestNotKnown},
		{"an empty page with a next", "", graph.Reply{After: "x"}, "---", evidence.RestNextPage},
		{"an empty page whose next is itself", "x", graph.Reply{After: "x"}, "---", evidence.RestNotKnown},
		{"entries that name nothing", "", graph.Reply{Nameless: 3}, "---", evidence.RestNotKnown},
		{"entries that name nothing, and a next page", "", graph.Reply{Nameless: 3, After: "x"}, "---", evidence.RestNotKnown},
		{"no list", "", graph.Reply{}, "---", evidence.RestNotKnown},
		{"an image that was not asked for", "", graph.Reply{Images: []graph.Image{image(1), image(4)}}, "---", evidence.RestNotKnown},
		{"another account's image, by its id", "", graph.Reply{Images: []graph.Image{image(1), image(2), image(3, strange)}}, "---", evidence.RestNotKnown},
		{"another account's image, by its account", "", graph.Reply{Images: []graph.Image{image(1, named)}}, "---", evidence.RestNotKnown},
		{"a status that is not known", "", graph.Reply{Images: []graph.Image{image(1, odd), image(2), image(3)}}, "-ss", evidence.RestOpen},
		{"nothing but an odd status", "", graph.Reply{Images: []graph.Image{image(1, odd)}}, "---", evidence.RestNotKnown},
		{"there and deleted at once", "", graph.Reply{Images: []graph.Image{image(1), image(1, deleted)}}, "---", evidence.RestNotKnown},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := evidence.Lookup{Account: "1", Hashes: []plan.Hash{plan.Hash(hash(1)), plan.Hash(hash(2)), plan.Hash(hash(3))}, After: test.after, ExpectStatus: test.after == "told"}
			a := l.Judge(test.reply)
			var known strings.Builder
			for _, h := range l.Hashes {
				known.WriteByte("-sa"[a.Known[h]])
				if left := slices.Contains(a.Left, h); left != (a.Known[h] == evidence.NotKnown) || left == (a.Image[h] != nil) {
					t.Errorf("image %s: got %v, left over %v, image %v", h, a.Known[h], left, a.Image[h])
				}
			}
			if got := known.String(); got != test.known || a.Rest != test.rest {
				t.Errorf("got %s and rest %d, want %s and %d", got, a.Rest, test.known, test.rest)
			}
			if (a.Why != "") != (test.rest == evidence.RestNotKnown) || (a.After != "") != (test.rest == evidence.RestNextPage) {
				t.Errorf("got %+v", a)
			}
		})
	}
}
