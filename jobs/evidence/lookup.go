package evidence

import (
	"slices"

	"adferry/graph"
	"adferry/plan"
)

// MostEmptyPages is how many pages in a row may show nothing of what was asked for.
const MostEmptyPages = 3

// Lookup is the question whether images are in an ad account.
type Lookup struct {
	Account plan.Account
	Hashes  []plan.Hash
	After   string // cursor of the page before, "" for the first

	// Status says that this API has told the status of images: one whose status is
	// missing, though it was asked for, may be a deleted one.
	Status bool
}

// Rest is what an answer says of the images of a lookup that it does not show.
type Rest uint8

// What may be said of the rest.
const (
	RestNotKnown Rest = iota // the answer is none to the question; another try may bring one
	RestNone                 // there is no rest: all were shown
	RestOpen                 // some were shown: ask again for exactly the others
	RestNextPage             // the list goes on behind Answer.After
	RestAbsent               // none was, in an empty list: absent, if the answer can be trusted
)

// Answer is what the reply to a lookup proves.
type Answer struct {
	Known map[plan.Hash]Known        // of each image that the reply shows: Seen, or Absent with status DELETED
	Image map[plan.Hash]*graph.Image // those that are shown, also the deleted ones
	Left  []plan.Hash                // those that are not, in the order they were asked for
	Rest  Rest                       // what holds for them
	After string                     // of RestNextPage
	Odd   string                     // of RestNotKnown: what is wrong with the answer, for people
}

// What may be odd about an answer, lookup or listing, for people.
const (
	oddAccount  = "the answer shows an image of another ad account"
	oddNameless = "the answer has entries that name no image"
	oddList     = "the answer has no list of images that is understood"
)

// Judge says what a reply that is no error proves.
func (l Lookup) Judge(r graph.Reply) Answer {
	asked := make(map[plan.Hash]bool, len(l.Hashes))
	for _, h := range l.Hashes {
		asked[h] = true
	}
	a := Answer{Known: map[plan.Hash]Known{}, Image: map[plan.Hash]*graph.Image{}}
	odd := ""
	for i := range r.Images {
		image := &r.Images[i]
		hash := plan.Hash(image.Hash)
		switch of := image.Account(); {
		case of != "" && of != string(l.Account):
			return l.nothing(oddAccount)
		case !asked[hash]:
			return l.nothing("the answer shows an image that was not asked for")
		case image.StatusUnknown:
			odd = "the answer gives an image a status that is not known"
			continue
		case l.Status && image.Status == "":
			odd = "the answer does not tell the status of an image"
			continue
		}
		known := Seen
		if image.Deleted() {
			known = Absent
		}
		if before, twice := a.Known[hash]; twice && before != known {
			return l.nothing("the answer shows an image as there and as deleted")
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
	case odd != "":
		a.Odd = odd
	case r.Nameless > 0:
		a.Odd = oddNameless
	case r.After != "" && r.After != l.After:
		a.Rest, a.After = RestNextPage, r.After
	case r.After != "":
		a.Odd = "the answer names the page that was just read as the next one"
	case r.Empty:
		a.Rest = RestAbsent
	default:
		a.Odd = oddList
	}
	return a
}

// TellsStatus reports whether a reply tells the status of any image.
func TellsStatus(r graph.Reply) bool {
	return slices.ContainsFunc(r.Images, func(i graph.Image) bool { return i.Status != "" })
}

// nothing is what an answer to another question proves.
func (l Lookup) nothing(odd string) Answer { return Answer{Left: l.Hashes, Odd: odd} }

// Unread is an answer that proves nothing, as the error of a read that failed.
func (a Answer) Unread(status int) *graph.Error { return unread(status, a.Odd) }

func unread(status int, odd string) *graph.Error {
	return &graph.Error{Class: graph.Transient, HTTP: status, Message: odd}
}
