package sandbox

import (
	"maps"
	"slices"
	"time"
)

// An Effect is a write that took effect.
type Effect struct {
	Time    time.Time
	Account string // written to
	Kind    Kind
	Hash    string // in the call: the source hash of a copy; "" for an upload
	Source  string // account a copy came from
	Result  string // hash in Account afterwards; "" for a deletion
	// Changed is false for a write that changed nothing: a copy or upload of an image
	// that was there, a deletion of one that was not.
	Changed bool
}

// Stats are counts of requests and calls.
type Stats struct {
	// Requests are HTTP requests; a batch is one.
	Requests int
	// MaxConcurrent is the largest number of requests in progress at once.
	MaxConcurrent int
	// Downloads are requests for pictures, which Requests does not count.
	Downloads int
	// Calls are those with a valid token: the sums of those in Accounts and of the calls that
	// are about no account.
	counts
	// Outside are calls on an ad account that their token may not use, also with a token
	// that ended.
	Outside  int
	Accounts map[string]AccountStats
}

// counts are counts of calls.
type counts struct {
	Calls map[Kind]int
	// Throttled calls were refused by a quota or by a fault that looks like one.
	Throttled int
	// WhileBlocked calls are those Throttled that came after an earlier one was.
	WhileBlocked int
}

// AccountStats count the calls of one account.
type AccountStats struct {
	counts
	// PeakCalls and PeakScore are the highest levels of its limits, in percent.
	PeakCalls, PeakScore float64
}

// Log returns every write that took effect, in order.
func (s *Server) Log() []Effect {
	s.lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Calls = maps.Clone(s.stats.Calls)
	st.Accounts = make(map[string]AccountStats, len(s.stats.Accounts))
	for id, a := range s.stats.Accounts {
		a.Calls = maps.Clone(a.Calls)
		if account := s.accounts[id]; account != nil {
			a.PeakCalls, a.PeakScore = account.meter.peakCalls, account.meter.peakScore
		}
		st.Accounts[id] = a
	}
	return st
}

// count counts a call; s.mu is held.
func (st *Stats) count(c *call, throttled, blocked bool) {
	st.add(c.kind, throttled, blocked)
	if c.account != "" {
		a := st.Accounts[c.account]
		a.add(c.kind, throttled, blocked)
		st.Accounts[c.account] = a
	}
}

func (n *counts) add(k Kind, throttled, blocked bool) {
	if n.Calls == nil {
		n.Calls = map[Kind]int{}
	}
	n.Calls[k]++
	if throttled {
		n.Throttled++
	}
	if blocked {
		n.WhileBlocked++
	}
}

// countRequest counts an HTTP request. The returned function marks its end.
func (s *Server) countRequest() func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Requests++
	s.inFlight++
	s.stats.MaxConcurrent = max(s.stats.MaxConcurrent, s.inFlight)
	return func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}
}
