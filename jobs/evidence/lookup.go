package evidence

import (
	"slices"

	"adferry/graph"
	"adferry/plan"
)

// MaxEmptyPages is how many pages in a row may show none of the images that were asked for.
const MaxEmptyPages = 3

// Lookup is the question whether images are in an ad account.
type Lookup struct {
	Account plan.Account
	Hashes  []plan.Hash
	After   string // cursor of the page before, "" for the first

	// ExpectStatus is set if this API gives the status of images. Then an image without
	// one, although it was asked for, may be a deleted one.
	ExpectStatus bool
}

// Rest is what an answer says about the images that were asked for and that it does not
// show.
type Rest uint8

// What an answer may say about the rest.
const (
	RestNotKnown Rest = iota // the answer does not answer the question; retry
	RestNone                 // there is no rest: the answer shows all images
	RestOpen                 // the answer shows some images: ask again for the others only
	RestNextPage             // the list goes on at Answer.After
	RestAbsent               // the list is empty: all are absent, if the answer can be trusted
)

// Answer is what the reply to a lookup proves.
type Answer struct {
	Known map[plan.Hash]Known        // of images in the reply: Seen, or Absent with status DELETED
	Image map[plan.Hash]*graph.Image // images in the reply, also deleted ones
	Left  []plan.Hash                // the rest, in the order of Lookup.Hashes
	Rest  Rest                       // what the reply says about the rest
	After string                     // of RestNextPage
	Why   string                     // of RestNotKnown: what is wrong with the reply, for people
}

// What may be wrong with the answer to a lookup or a listing, for people.
const (
	whyOtherAccount = "the answer shows an image of another ad account"
	whyNameless     = "the answer has entries that name no image"
	whyNoList       = "the answer has no list of images in a known form"
)

// Judge says what a reply without an error proves.
func (l Lookup) Judge(r graph.Reply) Answer {
	asked := make(map[plan.Hash]bool, len(l.Hashes))
	for _, h := range l.Hashes {
		asked[h] = true
	}
	a := Answer{Known: map[plan.Hash]Known{}, Image: map[plan.Hash]*graph.Image{}}
	why := ""
	for i := range r.Images {
		image := &r.Images[i]
		hash := plan.Hash(image.Hash)
		switch of := image.Account(); {
		case of != "" && of != string(l.Account):
			return l.provesNothing(whyOtherAccount)
		case !asked[hash]:
			return l.provesNothing("the answer shows an image that was not asked for")
		case image.StatusUnknown:
			why = "the answer gives an image an unknown status"
			continue
		case l.ExpectStatus && image.Status == "":
			why = "the answer does not give the status of an image"
			continue
		}
		known := Seen
		if image.Deleted() {
			known = Absent
		}
		if before, twice := a.Known[hash]; twice && before != known {
			return l.provesNothing("the answer shows an image both as present and as deleted")
		}
		a.Known[hash], a.Image[hash] = known, image
	}
	for _, h := range l.Hashes {
		if a.Known[h] == NotKnown {
			a.Left = append(a.Left, h)
		}
	}
	switch {
	case len(a.Left) == 0:
		a.Rest = RestNone
	case len(a.Known) > 0:
		a.Rest = RestOpen
	case why != "":
		a.Why = why
	case r.Nameless > 0:
		a.Why = whyNameless
	case r.After != "" && r.After != l.After:
		a.Rest, a.After = RestNextPage, r.After
	case r.After != "":
		a.Why = "the next page in the answer is the page just read"
	case r.Empty:
		a.Rest = RestAbsent
	default:
		a.Why = whyNoList
	}
	return a
}

// TellsStatus reports whether a reply gives the status of any image.
func TellsStatus(r graph.Reply) bool {
	return slices.ContainsFunc(r.Images, func(i graph.Image) bool { return i.Status != "" })
}

// provesNothing is the Answer for a reply that does not answer the question.
func (l Lookup) provesNothing(why string) Answer { return Answer{Left: l.Hashes, Why: why} }

// Err is the error of an answer that proves nothing.
func (a Answer) Err(status int) *graph.Error { return transientError(status, a.Why) }

func transientError(status int, why string) *graph.Error {
	return &graph.Error{Class: graph.Transient, HTTP: status, Message: why}
}
