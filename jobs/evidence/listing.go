package evidence

import (
	"fmt"

	"adferry/graph"
	"adferry/plan"
)

const (
	// mostBarren pages in a row with nothing new are no headway, and nor are as many
	// answers that lead from one page back to another. Fewer can be honest: what pages
	// begin and end with moves while images come and go.
	mostBarren = 3
	// mostFiltered pages in a row that are empty are no headway where a filter was asked
	// for: a page may be empty and have a next one (Graph API, "Paginated results"), so
	// the API may well page first and filter then.
	mostFiltered = 2000
	// mostImages bounds time and memory for a server that makes up images without end,
	// which looks like a large ad account until then.
	mostImages = 10_000_000
)

// Listing holds the pages of one ad account's listing against each other. It is used
// from [NewListing] on until a page is the last.
type Listing struct {
	account  plan.Account
	filtered bool
	most     int // images

	images  digests // shown so far
	cursors digests // that were named so far
	fresh   bool    // the page that is being read has shown an image that is new
	back    int     // answers in a row that led back
	barren  int     // pages in a row with nothing new
	empty   int     // pages in a row that are empty, under a filter
}

// NewListing begins a listing of the images that q asks for.
func NewListing(account plan.Account, q graph.Query) *Listing {
	return &Listing{account: account, filtered: q.Filtered(), most: mostImages, images: digests{}, cursors: digests{}}
}

// Next is where an answer leads to.
type Next uint8

// The ways a listing goes.
const (
	NextNotKnown Next = iota // the answer is none to the question; another try may bring one
	NextPage                 // to the page behind Page.After
	NextAgain                // to the page that it answers: it leads back, and one answer condemns no ad account
	NextNone                 // it was the last page
	NextEndless              // to nothing new: the ad account cannot be listed to its end
)

// Page is what an answer to a listing proves.
type Page struct {
	Images []graph.Image // those that no row before has shown, each once
	Next   Next
	After  string // of NextPage
	Why    string // of WayNotKnown and NextEndless, for people
}

// Unread is a page that proves nothing, as the error of a read that failed.
func (p Page) Unread(status int) *graph.Error { return unread(status, p.Why) }

// Judge says what a reply that is no error proves.
func (l *Listing) Judge(r graph.Reply) Page {
	if why := l.odd(r); why != "" {
		return Page{Why: why}
	}
	p := Page{Images: l.unseen(r.Images)}
	l.fresh = l.fresh || len(p.Images) > 0
	switch {
	case r.After == "":
		p.Next = NextNone
		l.images, l.cursors = nil, nil // other ad accounts may be listed for hours yet
	case l.cursors.add(textDigest(r.After)):
		p.Next, p.After = NextPage, r.After
		p.Why = l.lost(len(r.Images) == 0)
	default:
		p.Next = NextAgain
		if l.back++; l.back == mostBarren {
			p.Why = "the API leads from a page back to one before it"
		}
	}
	if p.Why != "" {
		p.Next, p.After = NextEndless, ""
	}
	return p
}

// odd says why an answer is none to the question, "" if it is one. Such an answer may
// hide images, so none of it counts.
func (l *Listing) odd(r graph.Reply) string {
	switch {
	case r.Nameless > 0:
		return oddNameless
	case len(r.Images) == 0 && r.After == "" && !r.Empty:
		return oddList
	}
	for _, i := range r.Images {
		if of := i.Account(); of != "" && of != string(l.account) {
			return oddAccount
		}
	}
	return ""
}

// unseen keeps the images that no row has shown before. Of two rows that contradict
// each other the first one counts; the use of an image is looked up again before it is
// deleted.
func (l *Listing) unseen(rows []graph.Image) []graph.Image {
	var images []graph.Image
	for _, i := range rows {
		if l.images.add(imageDigest(i.Hash)) {
			images = append(images, i)
		}
	}
	return images
}

// lost counts a page that leads on, and says why there was no headway for too long.
func (l *Listing) lost(empty bool) string {
	switch {
	case l.fresh:
		l.barren, l.empty = 0, 0
	case empty && l.filtered:
		l.empty++
	default:
		l.barren++
	}
	l.fresh, l.back = false, 0
	switch {
	case l.barren == mostBarren:
		return fmt.Sprintf("%d pages in a row show nothing new", mostBarren)
	case l.empty == mostFiltered:
		return fmt.Sprintf("%d pages in a row are empty", mostFiltered)
	case len(l.images) >= l.most:
		return fmt.Sprintf("it goes on after %d images", l.most)
	}
	return ""
}
