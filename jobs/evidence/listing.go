package evidence

import (
	"fmt"

	"adferry/graph"
	"adferry/plan"
)

const (
	// maxBarren is how many pages in a row may have no new image, and how many answers in
	// a row may lead back to an earlier page. One or two are normal, because the limits of
	// pages move while images come and go.
	maxBarren = 3
	// maxEmptyFiltered is how many pages in a row may be empty if a filter was asked for.
	// A page may be empty and have a next one (Graph API, "Paginated results"), so the API
	// may page first and filter then.
	maxEmptyFiltered = 2000
	// maxImages bounds time and memory if a server makes up images without end.
	maxImages = 10_000_000
)

// Listing judges the pages of one listing of an ad account, from the first to the last.
type Listing struct {
	account   plan.Account
	filtered  bool
	maxImages int // images

	images   digests // seen so far
	cursors  digests // seen so far
	foundNew bool    // the current page had a new image
	backward int     // answers in a row that led to an earlier page
	barren   int     // pages in a row without a new image
	empty    int     // pages in a row that are empty, under a filter
}

// NewListing starts a listing with the query q.
func NewListing(account plan.Account, q graph.Query) *Listing {
	return &Listing{account: account, filtered: q.Filtered(), maxImages: maxImages, images: digests{}, cursors: digests{}}
}

// Next says how a listing goes on after an answer.
type Next uint8

// How a listing may go on.
const (
	NextUnknown Next = iota // the answer does not answer the question; retry
	NextPage                // read the page at Page.After
	NextRetry               // read the same page again, because its next page is an earlier one
	NextNone                // it was the last page
	NextEndless             // the listing makes no progress and has no end
)

// Page is what an answer to a listing proves.
type Page struct {
	Images []graph.Image // those that are new, each once
	Next   Next
	After  string // of NextPage
	Why    string // of NextUnknown and NextEndless, for people
}

// Err is the error of a page that proves nothing.
func (p Page) Err(status int) *graph.Error { return transientError(status, p.Why) }

// Judge says what a reply without an error proves.
func (l *Listing) Judge(r graph.Reply) Page {
	if why := l.invalid(r); why != "" {
		return Page{Why: why}
	}
	p := Page{Images: l.newImages(r.Images)}
	l.foundNew = l.foundNew || len(p.Images) > 0
	switch {
	case r.After == "":
		p.Next = NextNone
		l.images, l.cursors = nil, nil // free the memory: other ad accounts may be listed for hours
	case l.cursors.add(textDigest(r.After)):
		p.Next, p.After = NextPage, r.After
		p.Why = l.noProgress(len(r.Images) == 0)
	default:
		p.Next = NextRetry
		if l.backward++; l.backward == maxBarren {
			p.Why = "the next page is one that was already read"
		}
	}
	if p.Why != "" {
		p.Next, p.After = NextEndless, ""
	}
	return p
}

// invalid says why an answer does not answer the question, "" if it does. Nothing in such an
// answer counts, because it may hide images.
func (l *Listing) invalid(r graph.Reply) string {
	switch {
	case r.Nameless > 0:
		return whyNameless
	case len(r.Images) == 0 && r.After == "" && !r.Empty:
		return whyNoList
	}
	for _, i := range r.Images {
		if of := i.Account(); of != "" && of != string(l.account) {
			return whyOtherAccount
		}
	}
	return ""
}

// newImages returns the images that are new. If an image comes twice, the first row counts;
// its use is looked up again before it is deleted.
func (l *Listing) newImages(rows []graph.Image) []graph.Image {
	var images []graph.Image
	for _, i := range rows {
		if l.images.add(imageDigest(i.Hash)) {
			images = append(images, i)
		}
	}
	return images
}

// noProgress counts a page that has a next one. It says why the listing is endless, or "".
func (l *Listing) noProgress(empty bool) string {
	switch {
	case l.foundNew:
		l.barren, l.empty = 0, 0
	case empty && l.filtered:
		l.empty++
	default:
		l.barren++
	}
	l.foundNew, l.backward = false, 0
	switch {
	case l.barren == maxBarren:
		return fmt.Sprintf("%d pages in a row have no new image", maxBarren)
	case l.empty == maxEmptyFiltered:
		return fmt.Sprintf("%d pages in a row are empty", maxEmptyFiltered)
	case len(l.images) >= l.maxImages:
		return fmt.Sprintf("it has more than %d images", l.maxImages)
	}
	return ""
}
