package cleanup

import (
	"errors"
	"path"
	"strings"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// policyFields are the fields of an image that a policy reads.
var policyFields = []string{graph.FieldHash, graph.FieldName, graph.FieldStatus, graph.FieldCreated, graph.FieldCreatives, graph.FieldAssociated}

// Policy says which images may be deleted: those that Unused, OlderThan and Name all
// select, and that neither their use, MinAge nor Keep protects.
type Policy struct {
	Unused    bool          // select what nothing uses; as an image in use is never deleted, this alone selects all the others
	OlderThan time.Duration // select what was created at least this long ago; 0 selects any age
	Name      string        // select by the whole name: a case-sensitive glob; empty selects any name
	MinAge    time.Duration // protect what is younger; 0 protects no age
	Keep      *KeepSet      // protect these; may be nil
}

// The errors of Check.
var (
	ErrNothing = errors.New("no option selects images")
	ErrAge     = errors.New("ages must not be negative")
	ErrPattern = errors.New("the pattern is not valid")
)

// Check refuses a policy that would select every image, and values that make no sense.
func (p Policy) Check() error {
	switch {
	case !p.Unused && p.OlderThan == 0 && p.Name == "":
		return ErrNothing
	case p.OlderThan < 0 || p.MinAge < 0:
		return ErrAge
	}
	if _, err := path.Match(p.Name, ""); err != nil {
		return ErrPattern
	}
	return nil
}

// Judge decides over an account's image as of now. Of several reasons not to delete it,
// the verdict is the first in the order of the verdicts, so KeepList counts the images that
// only a keep list protects.
func (p Policy) Judge(account plan.Account, i graph.Image, now time.Time) Verdict {
	if i.Deleted() {
		return Gone
	}
	hash, err := plan.ParseHash(i.Hash)
	if err != nil || !i.Active() {
		return NotActive
	}
	switch {
	case !p.matches(i.Name):
		return OtherName
	case i.Use() == graph.Used:
		return InUse
	case i.Use() != graph.Unused:
		return UseUnknown
	case !isOlder(i, p.age(), now):
		return TooYoung
	case p.Keep.Has(account, hash):
		return KeepList
	}
	return Delete
}

// age is the age from which on an image may be deleted.
func (p Policy) age() time.Duration { return max(p.OlderThan, p.MinAge) }

// matches reports whether the pattern matches a name. A slash is a character like any
// other in the name of an image, but path.Match would stop at it.
func (p Policy) matches(name string) bool {
	if p.Name == "" {
		return true
	}
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	ok, err := path.Match(flat(p.Name), flat(name))
	return ok && err == nil
}

// isOlder reports whether an image is known to have been created at least age ago. The
// clocks of the API and of this machine may differ by seconds, which does not matter
// because ages are days.
func isOlder(i graph.Image, age time.Duration, now time.Time) bool {
	if age == 0 {
		return true
	}
	at, ok := created(i)
	return ok && now.Sub(at) >= age
}

// firstDay is when Facebook opened: an earlier creation time is no creation time.
var firstDay = time.Date(2004, time.February, 4, 0, 0, 0, 0, time.UTC)

// created is when the image was created, if that is known.
func created(i graph.Image) (at time.Time, ok bool) {
	at, ok = i.CreatedAt()
	return at, ok && !at.Before(firstDay)
}
