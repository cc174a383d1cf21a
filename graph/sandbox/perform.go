package sandbox

import (
	"cmp"
	"net/http"
	"time"
)

// lateDefault is when a late effect comes unless the fault says.
const lateDefault = 5 * time.Second

// gate is what admission decided about a call.
type gate struct {
	code    Code // the throttle that refuses it, or ""
	trouble *trouble
}

// perform carries one call out: token, quota, fault, operation, usage headers.
// It is the same for a request of its own and for an entry of a batch.
func (s *Server) perform(c *call, token string, proof bool) answer {
	if f := s.authorize(c, token, proof); f != nil {
		return s.refuse(*f)
	}
	sc := sceneSingle
	if c.batched {
		sc = sceneEntry
	}
	g := s.admit(c, sc)
	if g.code != "" {
		if c.kind == Read && s.opts.Variants.EmptyWhenThrottled {
			return answer{status: http.StatusOK, body: []byte(`{"data":[]}`)}
		}
		return s.withUsage(c, s.refuse(fail(g.code)), 0)
	}
	a, regain := s.struck(c, sc, g.trouble)
	if g.trouble != nil && g.trouble.form == formEmptyList {
		return a
	}
	return s.withUsage(c, a, regain)
}

// admit charges the quotas and chooses the fault.
func (s *Server) admit(c *call, sc scene) gate {
	s.lock()
	defer s.mu.Unlock()
	now := time.Now()
	code, repeat := s.charge(c, now)
	if code != "" {
		s.stats.count(c, true, repeat)
		return gate{code: code}
	}
	t := s.trouble(c, sc)
	s.stats.count(c, t != nil && t.code.throttles(), false)
	if t != nil && t.Hold > 0 && t.code != "" {
		block := hold{now.Add(t.Hold), t.code}
		if a := s.account(c.account); t.code.appWide() {
			s.appHeld = block
		} else if a != nil {
			a.meter.held = block
		}
	}
	if a := s.account(c.account); t != nil && t.form == formRegain && a != nil {
		a.meter.named = now.Add(cmp.Or(t.Regain, time.Minute))
	}
	return gate{trouble: t}
}

// charge takes a call from every budget it concerns; s.mu is held.
func (s *Server) charge(c *call, now time.Time) (code Code, repeat bool) {
	if now.Before(s.appHeld.until) {
		return s.appHeld.code, true
	}
	if s.app != nil {
		if ok, repeat := s.app.take(now, 1); !ok {
			return codeApp, repeat
		}
	}
	a := s.account(c.account)
	if a == nil {
		return "", false
	}
	if code, repeat = a.meter.take(now, c.kind.writes()); code != "" {
		return code, repeat
	}
	if source := s.account(c.copy.account); s.opts.Variants.CopyChargesSource && c.kind == Copy && source != nil {
		return source.meter.take(now, true)
	}
	return "", false
}

// struck carries the call out, or lets the fault have it. Regain is what the
// usage header is to say of the account.
func (s *Server) struck(c *call, sc scene, t *trouble) (a answer, regain time.Duration) {
	if t == nil {
		return s.operate(c, trouble{}), 0
	}
	switch t.form {
	case formLie, formInUse, formRehash, formBadHash:
		return s.operate(c, *t), 0
	case formRenamed, formRekeyed, formCrossed:
		a = s.operate(c, trouble{})
		a.swap = t.form
		return a, 0
	case formRegain:
		return s.operate(c, trouble{}), 0
	case formNullRows, formEmptyRows, formUnsuccessful:
		return t.answer(sc, s.trace()), 0
	case formTruncated:
		a = s.operate(c, trouble{})
		a.body = a.body[:len(a.body)/2]
		return a, 0
	case formLate:
		delay := t.Delay
		if delay == 0 {
			delay = lateDefault
		}
		s.mu.Lock()
		s.later(time.Now().Add(delay), func(at time.Time) { s.write(c, trouble{}, at) })
		s.mu.Unlock()
	}
	if t.form.reads() {
		return s.operate(c, *t), 0
	}
	if t.after {
		s.operate(c, trouble{})
	}
	if t.code.class() >= 80000 {
		if regain = t.Regain; regain == 0 {
			regain = time.Minute
		}
	}
	return t.answer(sc, s.trace()), regain
}

// operate does what the call asks; twist is a fault that works from inside.
func (s *Server) operate(c *call, twist trouble) answer {
	switch {
	case c.params.Has("date_format"):
		// https://developers.facebook.com/docs/graph-api/changelog/version26.0
		return s.refuse(invalid("The date_format query parameter is deprecated in v26.0+"))
	case c.kind == Read:
		return s.list(c, twist)
	case c.kind.writes():
		s.lock()
		a, f := s.write(c, twist, time.Now())
		s.mu.Unlock()
		if f != nil {
			return s.refuse(*f)
		}
		return a
	}
	return s.node(c)
}

// reach finds the account of a call, or says why the call may not use it; s.mu
// is held.
func (s *Server) reach(c *call) (*account, *failure) {
	a := s.account(c.account)
	var f failure
	switch {
	case a == nil:
		f = unsupported(c.method, c.node)
	case a.opts.Denied != "":
		f = refusal(a.opts.Denied, c.method, c.node)
	case c.method == http.MethodGet:
		return a, nil
	case a.opts.ReadOnly:
		f = unsupported(c.method, c.node)
	case a.opts.Disabled != "":
		f = refusal(a.opts.Disabled, c.method, c.node)
	default:
		return a, nil
	}
	return nil, &f
}
