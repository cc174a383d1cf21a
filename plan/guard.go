package plan

import (
	"fmt"
	"strings"
	"time"
)

// GuardColumn is the column with the Guards in manifests that adferry writes. failed.csv
// has it, too.
const GuardColumn = "adferry_guard"

// A Guard holds conditions without which a deletion must not be sent. The zero Guard
// has none. Its text, in GuardColumn, is one or both of
//
//	seen=act_<account>/<hash>
//	created=<time>..<time>
//
// in this order with a semicolon between them, times being RFC 3339 in UTC with
// whole seconds.
type Guard struct {
	// Witness must have an image WitnessHash when the deletion is sent. "" is no
	// condition.
	Witness     Account
	WitnessHash Hash
	// The image's created_time, if the API tells it, must lie between From and To
	// inclusive. Zero times are no condition.
	From, To time.Time
}

// IsZero reports whether the guard has no condition.
func (g Guard) IsZero() bool { return g.Witness == "" && g.From.IsZero() }

// CreatedWithin reports whether a created_time meets the guard's condition.
func (g Guard) CreatedWithin(created time.Time) bool {
	return g.From.IsZero() || !created.Before(g.From) && !created.After(g.To)
}

const (
	seenPart    = "seen="
	createdPart = "created="
)

// MarshalText writes the guard's text, "" for the zero Guard. Times are rounded to whole
// seconds so that the interval only grows.
func (g Guard) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

func (g Guard) String() string {
	var parts []string
	if g.Witness != "" {
		parts = append(parts, seenPart+g.Witness.Act()+"/"+string(g.WitnessHash))
	}
	if !g.From.IsZero() {
		to := g.To.UTC()
		if whole := to.Truncate(time.Second); whole.Before(to) {
			to = whole.Add(time.Second)
		}
		parts = append(parts, createdPart+g.From.UTC().Format(time.RFC3339)+".."+to.Format(time.RFC3339))
	}
	return strings.Join(parts, ";")
}

// UnmarshalText reads what MarshalText writes, and nothing else.
func (g *Guard) UnmarshalText(text []byte) error {
	read, f := parseGuard(string(text))
	if f != nil {
		return fmt.Errorf("%q is %w", clip(string(text)), f)
	}
	*g = read
	return nil
}

// brokenGuard refuses a guard that was edited, because its deletion may no longer be safe.
var brokenGuard = &flaw{"not a guard that adferry wrote", "restore the cell as adferry wrote it"}

func parseGuard(s string) (g Guard, f *flaw) {
	if s == "" {
		return g, nil
	}
	rest := s
	if strings.HasPrefix(rest, seenPart) {
		part, after, _ := strings.Cut(rest, ";")
		account, hash, _ := strings.Cut(strings.TrimPrefix(part, seenPart), "/")
		a, flawA := parseAccount(account)
		h, flawH := parseHash(hash)
		if flawA != nil || flawH != nil {
			return Guard{}, brokenGuard
		}
		g.Witness, g.WitnessHash, rest = Account(strings.Clone(string(a))), h.text(), after
	}
	if span, ok := strings.CutPrefix(rest, createdPart); ok {
		from, to, _ := strings.Cut(span, "..")
		var errFrom, errTo error
		g.From, errFrom = time.Parse(time.RFC3339, from)
		g.To, errTo = time.Parse(time.RFC3339, to)
		if errFrom != nil || errTo != nil || g.To.Before(g.From) {
			return Guard{}, brokenGuard
		}
	}
	if g.String() != s { // another order, case or zone, or anything left over
		return Guard{}, brokenGuard
	}
	return g, nil
}

// join returns a guard with all conditions of both. It reports false if they contradict
// each other.
func (g Guard) join(other Guard) (Guard, bool) {
	switch {
	case g.Witness == "":
		g.Witness, g.WitnessHash = other.Witness, other.WitnessHash
	case other.Witness != "" && (other.Witness != g.Witness || other.WitnessHash != g.WitnessHash):
		return g, false
	}
	switch {
	case g.From.IsZero():
		g.From, g.To = other.From, other.To
	case !other.From.IsZero() && !(other.From.Equal(g.From) && other.To.Equal(g.To)):
		return g, false
	}
	return g, true
}
