package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// Default and maximum age of the state that stale shows.
const (
	defaultAge = 30 * time.Second
	maxAge     = 10 * time.Minute
)

// earlier is what an account held under a hash until some time: nothing, or the image as it
// was.
type earlier struct {
	until time.Time
	hash  string
	held  *storedImage
}

// keepHistory makes every account keep its recent states, from now on. s.mu is held, or
// the server is new.
func (s *Server) keepHistory() {
	s.keepsHistory = true
	for _, a := range s.accounts {
		a.images.keepsHistory = true
	}
}

// recordHistory keeps what is under a hash before it changes.
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

// at returns the images that a read would have found at a time, sorted by hash.
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
