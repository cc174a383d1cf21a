package sandbox

import (
	"cmp"
	"time"
)

// external reports whether the fault is a change by somebody else. The call is answered as
// if there were no such rule.
func (f faultKind) external() bool { return f == faultVanish || f == faultAppear }

// changeExternally changes an account as somebody else would, now or after the fault's
// delay. s.mu is held.
func (s *Server) changeExternally(t activeFault, called string) {
	id := cmp.Or(withoutAct(t.Account), called)
	if id == "" {
		return
	}
	act := func(at time.Time) {
		if t.kind == faultAppear {
			for _, hash := range t.Hashes {
				a := s.findOrAddAccount(id)
				a.images.recordHistory(hash, at)
				a.images.put(newStoredImage(Image{Hash: hash}, at))
			}
			return
		}
		a := s.accounts[id]
		if a == nil {
			return
		}
		records := a.images.sorted()
		if len(t.Hashes) > 0 {
			records = a.images.withHashes(t.Hashes)
		}
		for _, r := range records {
			if !r.gone && r.status != Deleted {
				s.removeStored(a, r, at)
			}
		}
	}
	if t.Delay > 0 {
		s.later(time.Now().Add(t.Delay), act)
		return
	}
	act(time.Now())
}
