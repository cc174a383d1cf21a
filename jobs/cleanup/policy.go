package cleanup

import (
	"errors"
	"path"
	"strings"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// Fields are what the policy reads of an image.
var Fields = []string{graph.FieldHash, graph.FieldName, graph.FieldStatus, graph.FieldCreated, graph.FieldCreatives, graph.FieldAssociated}

// Policy says which images may go: those that Unused, OlderThan and Name all
// select, and that neither their use, MinAge nor Keep holds back.
type Policy struct {
	Unused    bool          // nothing uses it; only what is told to be unused ever goes, so alone this selects all of that
	OlderThan time.Duration // it was created at least this long ago; 0 selects by no age
	Name      string        // glob that its whole name matches, case and all; empty selects by no name
	MinAge    time.Duration // what is younger stays, whatever selects it; 0 asks for no age
	Keep      *Keep         // what stays in any case; may be nil
}

// The mistakes that Check finds.
var (
	ErrNothing = errors.New("nothing says which images may go")
	ErrAge     = errors.New("an age is negative")
	ErrPattern = errors.New("the name is no pattern")
)

// Check refuses a policy that selects nothing in particular.
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

// Judge says what the policy makes of an account's image at a moment. Of several
// reasons to keep it the first in the order of the verdicts is told, so Kept
// counts what only the keep list saves.
func (p Policy) Judge(account plan.Account, i graph.Image, now time.Time) Verdict {
	if i.Deleted() {
		return Gone
	}
	hash, err := plan.ParseHash(i.Hash)
	if err != nil || !strings.EqualFold(i.Status, "ACTIVE") {
		return NotActive
	}
	switch {
	case !p.names(i.Name):
		return OtherName
	case i.Use() == graph.Used:
		return InUse
	case i.Use() != graph.Unused:
		return UseNotTold
	case !old(i, max(p.OlderThan, p.MinAge), now):
		return TooYoung
	case p.Keep.Has(account, hash):
		return Kept
	}
	return Delete
}

// names reports whether the pattern matches the name. A slash is a character like
// any other in the name of an image, and path.Match would stop at it.
func (p Policy) names(name string) bool {
	if p.Name == "" {
		return true
	}
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	ok, err := path.Match(flat(p.Name), flat(name))
	return ok && err == nil
}

// old reports whether an image is known to have been created at least age ago.
// The clocks of the API and of this machine may differ by seconds, and ages are
// days.
func old(i graph.Image, age time.Duration, now time.Time) bool {
	if age == 0 {
		return true
	}
	at, ok := created(i)
	return ok && now.Sub(at) >= age
}

// firstDay is when Facebook opened: an earlier creation time stands for none.
var firstDay = time.Date(2004, time.February, 4, 0, 0, 0, 0, time.UTC)

// created is when the image was created, as far as that is known.
func created(i graph.Image) (at time.Time, ok bool) {
	at, ok = i.CreatedAt()
	return at, ok && !at.Before(firstDay)
}
