package sandbox

import (
	"cmp"
	"net/http"
	"time"
)

// codeOutside refuses a call on an ad account that the token may not use.
const codeOutside = "200"

// defaultDelay is the time until a late effect if the fault gives none.
const defaultDelay = 5 * time.Second

// admission is the decision whether a call is admitted, and the fault that strikes it.
type admission struct {
	code  Code // of the throttle that refuses it, or ""
	fault *activeFault
}

// perform performs one call, which is a request or a batch entry: it checks the token,
// charges the quota, chooses a fault, does what was asked and adds usage headers.
func (s *Server) perform(c *call, token string, proof bool) answer {
	c.token = token
	s.noteOutside(c)
	if f := s.authorize(c, token, proof); f != nil {
		return s.refuse(f)
	}
	sc := placeSingle
	if c.batched {
		sc = placeEntry
	}
	g := s.admit(c, sc)
	if g.code != "" {
		if c.kind == Read && s.opts.Variants.EmptyWhenThrottled {
			return answer{status: http.StatusOK, body: []byte(`{"data":[]}`)}
		}
		return s.withUsage(c, s.refuse(fail(g.code)), 0)
	}
	a, regain := s.performWithFault(c, sc, g.fault)
	if g.fault != nil && g.fault.kind == faultEmptyList {
		return a
	}
	return s.withUsage(c, a, regain)
}

// admit charges the quotas and chooses a fault.
func (s *Server) admit(c *call, sc place) admission {
	s.lock()
	defer s.mu.Unlock()
	now := time.Now()
	code, repeat := s.charge(c, now)
	if code != "" {
		s.stats.count(c, true, repeat)
		return admission{code: code}
	}
	t := s.chooseFault(c, sc)
	s.stats.count(c, t != nil && t.code.throttles(), false)
	if t != nil && t.Hold > 0 && t.code != "" {
		block := hold{now.Add(t.Hold), t.code}
		if a := s.findAccount(c.account); t.code.appWide() {
			s.appOf(c).hold = block
		} else if a != nil {
			a.meter.hold = block
		}
	}
	if a := s.findAccount(c.account); t != nil && t.kind == faultRegain && a != nil {
		a.meter.regainUntil = now.Add(cmp.Or(t.Regain, time.Minute))
	}
	return admission{fault: t}
}

// charge charges a call to all budgets that it is about; s.mu is held.
func (s *Server) charge(c *call, now time.Time) (code Code, repeat bool) {
	app := s.appOf(c)
	if now.Before(app.hold.until) {
		return app.hold.code, true
	}
	if app.budget != nil {
		if ok, repeat := app.budget.take(now, 1); !ok {
			return codeApp, repeat
		}
	}
	a := s.findAccount(c.account)
	if a == nil {
		return "", false
	}
	if code, repeat = a.meter.take(now, c.kind.writes()); code != "" {
		return code, repeat
	}
	if source := s.findAccount(c.copy.account); s.opts.Variants.CopyChargesSource && c.kind == Copy && source != nil {
		return source.meter.take(now, true)
	}
	return "", false
}

// performWithFault performs the call under a fault, which may be nil. regain is the wait to
// put into the usage header.
func (s *Server) performWithFault(c *call, sc place, fault *activeFault) (a answer, regain time.Duration) {
	if fault == nil {
		return s.operate(c, activeFault{}), 0
	}
	switch fault.kind {
	case faultRenamed, faultRekeyed, faultCrossed:
		a = s.operate(c, activeFault{})
		a.mixUp = fault.kind
		return a, 0
	case faultTruncated:
		a = s.operate(c, activeFault{})
		a.body = a.body[:len(a.body)/2]
		return a, 0
	case faultLate:
		s.mu.Lock()
		s.later(time.Now().Add(cmp.Or(fault.Delay, defaultDelay)), func(at time.Time) { s.write(c, activeFault{}, at) })
		s.mu.Unlock()
	}
	if fault.kind.alters() {
		return s.operate(c, *fault), 0
	}
	if fault.after {
		s.operate(c, activeFault{})
	}
	regain = fault.Regain
	if regain == 0 && fault.code.class() >= 80000 {
		regain = time.Minute
	}
	return fault.answer(sc, s.trace()), regain
}

// operate does what the call asks. fault changes how it is done; the zero one does not.
func (s *Server) operate(c *call, fault activeFault) answer {
	switch {
	case c.params.Has("date_format"):
		// https://developers.facebook.com/docs/graph-api/changelog/version26.0
		return s.refuse(invalid("The date_format query parameter is deprecated in v26.0+"))
	case c.kind == Read:
		return s.list(c, fault)
	case c.kind.writes():
		s.lock()
		a, f := s.write(c, fault, time.Now())
		s.mu.Unlock()
		if f != nil {
			return s.refuse(f)
		}
		return a
	}
	return s.node(c)
}

// reachAccount returns the account of a call, or why the call may not use it; s.mu is
// held.
func (s *Server) reachAccount(c *call) (*account, *failure) {
	a := s.findAccount(c.account)
	t := s.token(c.token)
	switch {
	case a != nil && !t.mayUse(a.id):
		return nil, fail(codeOutside)
	case a == nil:
		return nil, unsupported(c.method, c.node)
	case a.opts.Denied != "":
		return nil, refusal(a.opts.Denied, c.method, c.node)
	case c.method == http.MethodGet:
		return a, nil
	case a.opts.ReadOnly, !t.mayWrite():
		return nil, unsupported(c.method, c.node)
	case a.opts.Disabled != "":
		return nil, refusal(a.opts.Disabled, c.method, c.node)
	}
	return a, nil
}
