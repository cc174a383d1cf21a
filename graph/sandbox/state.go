package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

type account struct {
	id     string
	opts   AccountOptions
	images imageStore
	meter  meter
}

// delayed is an effect that happens later.
type delayed struct {
	at    time.Time
	apply func(at time.Time) // s.mu is held
}

// Entry is one image of a Snapshot.
type Entry struct {
	Account, Hash, Status string
}

// AddAccount adds an account; id may have the prefix act_. If the account exists, it gets
// the new options and a new quota, and keeps its images.
func (s *Server) AddAccount(id string, o AccountOptions) {
	s.lock()
	defer s.mu.Unlock()
	s.addAccount(withoutAct(id), o)
}

// AddImage adds an image to an account, in place of an image with the same hash. It adds
// the account if necessary. Stale reads show the image as if it had always been there.
func (s *Server) AddImage(account string, img Image) {
	r := newStoredImage(img, time.Now())
	s.lock()
	defer s.mu.Unlock()
	s.findOrAddAccount(account).images.put(r)
}

// RemoveImage removes an image from an account as if somebody else had: Log does not show
// it. It reports whether the account had the image.
func (s *Server) RemoveImage(account, hash string) bool {
	s.lock()
	defer s.mu.Unlock()
	a := s.accounts[withoutAct(account)]
	if a == nil {
		return false
	}
	r := a.images.find(hash)
	if r == nil || r.status == Deleted {
		return false
	}
	s.removeStored(a, r, time.Now())
	return true
}

// Images returns the images of an account, sorted by hash.
func (s *Server) Images(account string) []Image {
	s.lock()
	defer s.mu.Unlock()
	a := s.accounts[withoutAct(account)]
	if a == nil {
		return nil
	}
	images := make([]Image, 0, len(a.images.byHash))
	for _, r := range a.images.sorted() {
		if !r.gone {
			images = append(images, r.image())
		}
	}
	return images
}

// Snapshot returns every image of every account, sorted by account and hash: two
// servers in the same state have equal snapshots (slices.Equal).
func (s *Server) Snapshot() []Entry {
	s.lock()
	defer s.mu.Unlock()
	var entries []Entry
	for id, a := range s.accounts {
		for hash, r := range a.images.byHash {
			entries = append(entries, Entry{id, hash, r.status})
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Hash, b.Hash))
	})
	return entries
}

// Expire makes calls with a token fail with 190/463.
func (s *Server) Expire(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired[token] = true
}

// lock locks s.mu and applies the delayed effects that are due.
func (s *Server) lock() {
	s.mu.Lock()
	now := time.Now()
	for len(s.delayed) > 0 && !s.delayed[0].at.After(now) {
		next := s.delayed[0]
		s.delayed = s.delayed[1:]
		next.apply(next.at)
	}
}

// later schedules a delayed effect; s.mu is held.
func (s *Server) later(at time.Time, apply func(at time.Time)) {
	i, _ := slices.BinarySearchFunc(s.delayed, at, func(l delayed, at time.Time) int {
		if l.at.After(at) {
			return 1
		}
		return -1
	})
	s.delayed = slices.Insert(s.delayed, i, delayed{at, apply})
}

// findOrAddAccount returns an account, which it adds if necessary; s.mu is held.
func (s *Server) findOrAddAccount(id string) *account {
	if a := s.accounts[withoutAct(id)]; a != nil {
		return a
	}
	return s.addAccount(strings.Clone(withoutAct(id)), AccountOptions{})
}

func (s *Server) addAccount(id string, o AccountOptions) *account {
	tier := cmp.Or(o.Tier, s.opts.Tier, Full)
	limits := s.opts.Limits
	if o.Limits != nil {
		limits = *o.Limits
	}
	a := s.accounts[id]
	if a == nil {
		a = &account{id: id, images: imageStore{keepsHistory: s.keepsHistory}}
		s.accounts[id] = a
	}
	a.opts, a.meter = o, newMeter(tier, limits, s.opts.Headers)
	return a
}

// findAccount returns an account or nil. With AutoAccounts it adds the account; s.mu is
// held.
func (s *Server) findAccount(id string) *account {
	a := s.accounts[id]
	if a == nil && id != "" && s.opts.AutoAccounts {
		a = s.addAccount(strings.Clone(id), AccountOptions{Name: "Account " + id})
	}
	return a
}

// visible returns the accounts that the token may read, ordered by id; s.mu is held.
func (s *Server) visible(t Token) []*account {
	return slices.SortedFunc(func(yield func(*account) bool) {
		for a := range maps.Values(s.accounts) {
			if a.opts.Denied == "" && t.mayUse(a.id) && !yield(a) {
				return
			}
		}
	}, func(a, b *account) int { return cmp.Compare(a.id, b.id) })
}

func withoutAct(id string) string { return strings.TrimPrefix(id, "act_") }
