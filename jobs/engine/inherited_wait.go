package engine

import (
	"adferry/jobs"
	"adferry/plan"
	"fmt"
	"time"
)

// tellInherited reports a wait from an earlier process, once it holds something back,
// and obeys StopOnThrottle if the API imposed it.
func (e *Engine) tellInherited(l *lane, now time.Time) {
	for _, s := range []*inheritedWait{&l.inherited, &e.inherited} {
		if !s.until.After(now) {
			continue
		}
		e.opt.Observe(jobs.Event{Kind: jobs.EventParked, Account: s.account, Until: s.until, Text: s.why})
		if s.imposed && e.opt.StopOnThrottle {
			e.halt(&jobs.ThrottledError{Account: s.account, Until: s.until})
		}
		*s = inheritedWait{}
	}
}

// inheritedWait is a wait that an earlier process left behind; it is reported once.
type inheritedWait struct {
	account plan.Account
	until   time.Time
	why     string
	imposed bool
}

func inheritedWaitOf(s jobs.LaneState) inheritedWait {
	return inheritedWait{s.Account, s.ParkedUntil, s.ParkedFor, s.Imposed}
}

// bound shortens a wait that is longer than is credible, and says so.
func (s *inheritedWait) bound(state *jobs.LaneState, until time.Time) {
	if s.until.After(until) {
		s.why += fmt.Sprintf(" (the job noted %s, which is implausible; asked again after a day)", s.until.UTC().Format(time.DateOnly))
		s.until = until
		state.ParkedUntil, state.ParkedFor = s.until, s.why
	}
}
