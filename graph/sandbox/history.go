package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// How old the state is that stale shows, and may be.
const (
	usualAge   = 30 * time.Second
	longestAge = 10 * time.Minute
)

// past is what a shelf held under a hash until a moment: nothing, or the image as
// it was.
type past struct {
	until time.Time
	hash  string
	held  *record
}

// remember has every account keep what it held lately, from now on; s.mu is held,
// or the server is new.
func (s *Server) remember() {
	s.remembers = true
	for _, a := range s.accounts {
		a.shelf.remembers = true
	}
}

// note keeps what is under a hash before that changes.
func (s *shelf) note(hash string, now time.Time) {
	if !s.remembers {
		return
	}
	old := 0
	for old < len(s.past) && now.Sub(s.past[old].until) > longestAge {
		old++
	}
	if old > len(s.past)/2 {
		s.past = slices.Clone(s.past[old:])
	}
	p := past{until: now, hash: hash}
	if r := s.byHash[hash]; r != nil {
		held := *r
		p.held = &held
	}
	s.past = append(s.past, p)
}

// before returns what the shelf had at a moment of all that a read asks for,
// sorted by hash.
func (s *shelf) before(then time.Time, q query) []*record {
	was := map[string]*record{}
	for _, p := range slices.Backward(s.past) {
		if p.until.After(then) {
			was[p.hash] = p.held
		}
	}
	records := s.sorted()
	if q.byHash {
		records = s.pick(q.hashes)
	}
	records = slices.DeleteFunc(slices.Clone(records), func(r *record) bool {
		_, changed := was[r.hash]
		return changed
	})
	for hash, r := range was {
		if r != nil && (!q.byHash || slices.Contains(q.hashes, hash)) {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b *record) int { return cmp.Compare(a.hash, b.hash) })
	return records
}
