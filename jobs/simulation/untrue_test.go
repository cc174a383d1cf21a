package simulation_test

import (
	"slices"
	"time"

	"adferry/graph/sandbox"
)

// The faults that leave an answer well formed, and untrue or incomplete.
var untrueFaults = []string{
	"short_batch", "long_batch", "shuffled_batch", "renamed", "rekeyed", "crossed", "bad_hash",
	"capped", "partial", "unfiltered", "foreign_rows", "null_rows", "empty_rows", "id_rows", "unsuccessful",
	"no_use", "odd_use", "odd_types", "stale",
}

// batchFaults strike a batch as a whole.
var batchFaults = []string{"short_batch", "long_batch", "shuffled_batch"}

// other is what somebody else does to an image while the job runs.
type other struct {
	at    time.Duration
	place place
	adds  bool
}

// distrust draws a server whose answers are untrue and people who change the same
// ad accounts, each in some of the worlds, from dice of its own.
func (s *scenario) distrust(d dice) {
	if d.chance(0.4) {
		s.untrue(d)
	}
	if d.chance(0.3) {
		for range d.between(1, 12) {
			s.meddle(d)
		}
	}
	if d.chance(0.2) {
		s.rivals = d.between(1, 10)
	}
}

func (s *scenario) untrue(d dice) {
	faults := slices.Clone(untrueFaults)
	// Rows without a status are taken for images, and nobody can know better where
	// rows of deleted images are shown, too.
	if s.server.Variants.DeleteKeepsRow || slices.ContainsFunc(s.images, func(i simImage) bool { return i.Status == sandbox.Deleted }) {
		faults = slices.DeleteFunc(faults, func(name string) bool { return name == "id_rows" })
	}
	for range d.between(1, 4) {
		s.server.Rates[pick(d, faults...)] = pick(d, 0.01, 0.05, 0.2, 0.5)
	}
	for range d.IntN(4) {
		name := pick(d, faults...)
		m := sandbox.Match{Nth: d.between(1, 20), Count: d.between(1, 10)}
		if slices.Contains(batchFaults, name) {
			m.Kind = sandbox.Batch
		}
		f := sandbox.Fault{Name: name, Above: d.between(1, 25)}
		if name == "stale" {
			f.Age = d.span(time.Second, 10*time.Minute)
		}
		s.server.Script = append(s.server.Script, sandbox.Rule{Match: m, Fault: f})
	}
	if d.chance(0.3) {
		s.server.Variants.MaxHashes = d.between(1, 30)
	}
	s.server.Variants.HidesUse = d.chance(0.05)
}

// meddle has somebody remove or add an image that a row names.
func (s *scenario) meddle(d dice) {
	i := s.images[d.IntN(len(s.images))]
	a := s.accounts[d.IntN(len(s.accounts))]
	if d.chance(0.4) {
		a = s.account(i.account)
	}
	if !a.missing {
		s.others = append(s.others, other{d.span(100*time.Millisecond, 2*time.Hour), place{a.id, i.Hash}, d.chance(0.3)})
	}
}

// deceives reports whether answers may be untrue or incomplete.
func (s *scenario) deceives() bool {
	return s.plays(untrueFaults...) || s.server.Variants.MaxHashes > 0 || s.server.Variants.HidesUse
}

// hidesUse reports whether answers may leave open whether an image is used.
func (s *scenario) hidesUse() bool {
	return s.plays("no_use", "odd_use", "id_rows", "odd_types") || s.server.Variants.HidesUse
}

// oldest is how old the state may be that an answer shows.
func (s *scenario) oldest() (age time.Duration) {
	if s.server.Rates["stale"] > 0 {
		age = 30 * time.Second
	}
	for _, r := range s.server.Script {
		if r.Fault.Name == "stale" {
			age = max(age, r.Fault.Age)
		}
	}
	return age
}

// meddle begins what others do; the function returned ends it.
func (s *sim) meddle() (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.others {
		s.act(o)
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, t := range s.acts {
			t.Stop()
		}
		s.rivals = 0
	}
}

// act has somebody do something after a while. sim.mu is held.
func (s *sim) act(o other) {
	s.acts = append(s.acts, time.AfterFunc(o.at, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o.adds {
			s.server.AddImage(o.place.account, sandbox.Image{Hash: o.place.hash})
		} else if !s.server.RemoveImage(o.place.account, o.place.hash) {
			return
		}
		s.changed = append(s.changed, outside{time.Now(), o.place, o.adds})
	}))
}

// changedSince reports whether somebody else changed an image after a read of it was sent: an
// earlier one may have been carried out later, and tell what is so now. sim.mu is held.
func (s *sim) changedSince(p place, sent time.Time) bool {
	return slices.ContainsFunc(s.changed, func(c outside) bool { return c.place == p && !c.at.Before(sent) })
}

// rival has somebody delete an image soon after a process saw it, when that is most
// inconvenient. sim.mu is held.
func (s *sim) rival(p place) {
	if s.rivals > 0 && s.spite.chance(0.1) {
		s.rivals--
		s.act(other{at: s.spite.span(10*time.Millisecond, 2*time.Minute), place: p})
	}
}
