package sandbox

import (
	"cmp"
	"time"
)

// hand says that somebody else changes the account: the call is answered as if
// there were no such rule.
func (f form) hand() bool { return f == formVanish || f == formAppear }

// meddle has somebody else change an account, now or after the fault's delay;
// s.mu is held.
func (s *Server) meddle(t trouble, called string) {
	id := cmp.Or(bare(t.Account), called)
	if id == "" {
		return
	}
	act := func(at time.Time) {
		if t.form == formAppear {
			for _, hash := range t.Hashes {
				a := s.holder(id)
				a.shelf.note(hash, at)
				a.shelf.put(newRecord(Image{Hash: hash}, at))
			}
			return
		}
		a := s.accounts[id]
		if a == nil {
			return
		}
		records := a.shelf.sorted()
		if len(t.Hashes) > 0 {
			records = a.shelf.pick(t.Hashes)
		}
		for _, r := range records {
			if !r.gone && r.status != Deleted {
				s.drop(a, r, at)
			}
		}
	}
	if t.Delay > 0 {
		s.later(time.Now().Add(t.Delay), act)
		return
	}
	act(time.Now())
}
