package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// How old the state is that stale shows, and may be.
const (
	defaultAge = 30 * time.Second
	maxAge     = 10 * time.Minute
)

// earlier is what a shelf held under a hash until a moment: nothing, or the image as
// it was.
type earlier struct {
	until time.Time
	hash  string
	held  *storedImage
}

// keepHistory has every account keep what it held lately, from now on; s.mu is held,
// or the server is new.
func (s *Server) keepHistory() {
	s.keepsHistory = true
	for _, a := range s.accounts {
		a.images.keepsHistory = true
	}
}

// recordHistory keeps what is under a hash before that changes.
func (s *imageStore) recordHistory(hash string, now time.Time) {
	if !s.keepsHistory {
		return
	}
	old := 0
	for old < len(s.history) && now.Sub(s.history[old].until) > maxAge {
		old++
	}
	if old > len(s.history)/2 {
		s.history = slices.Clone(s.history[old:])
	}
	p := earlier{until: now, hash: hash}
	if r := s.byHash[hash]; r != nil {
		held := *r
		p.held = &held
	}
	s.history = append(s.history, p)
}

// at returns what the shelf had at a moment of all that a read asks for,
// sorted by hash.
func (s *imageStore) at(then time.Time, q query) []*storedImage {
	was := map[string]*storedImage{}
	for _, p := range slices.Backward(s.history) {
		if p.until.After(then) {
			was[p.hash] = p.held
		}
	}
	records := s.sorted()
	if q.byHash {
		records = s.withHashes(q.hashes)
	}
	records = slices.DeleteFunc(slices.Clone(records), func(r *storedImage) bool {
		_, changed := was[r.hash]
		return changed
	})
	for hash, r := range was {
		if r != nil && (!q.byHash || slices.Contains(q.hashes, hash)) {
			records = append(records, r)
		}
	}
	slices.SortFunc(records, func(a, b *storedImage) int { return cmp.Compare(a.hash, b.hash) })
	return records
}
