package dispatch

import (
	"errors"
	"slices"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// Credential is what an ad account is read and written with.
type Credential struct {
	Label string // names the access token; "" if there is one for all
	App   string // id of the app that it belongs to; "" if that is not known
}

// gateKey tells gates apart: the credentials of one app share its quota. One whose app is not
// known is taken to have an app of its own.
func (c Credential) gateKey() string {
	if c.App != "" {
		return "app " + c.App
	}
	return c.Label
}

// login is what the ad accounts of one credential share: whether its token is good.
type login struct {
	label string
	gate  *Gate
	trust trust
	ended *graph.Error // why its token is not sent any more; nil: it is
}

// login is the state of an account's credential.
func (d *Dispatcher) login(a plan.Account) *login {
	var c Credential
	if d.opt.Credential != nil {
		c = d.opt.Credential(a)
	}
	for _, o := range d.logins {
		if o.label == c.Label {
			return o
		}
	}
	o := &login{label: c.Label, gate: d.gate(c.gateKey())}
	d.logins = append(d.logins, o)
	return o
}

// anyLogin is a credential whose token is good, as far as is known, to ask whether the API is
// there.
func (d *Dispatcher) anyLogin() *login {
	for _, o := range d.logins {
		if o.ended == nil {
			return o
		}
	}
	return d.login("")
}

// EndToken notes that the API refused the token of a lane's calls. The lanes that have it send
// nothing more; the run goes on as long as others are left, and then ends with a
// *jobs.RefusedError.
func (d *Dispatcher) EndToken(l *Lane, err *graph.Error) { d.endToken(l.login, err) }

func (d *Dispatcher) endToken(o *login, err *graph.Error) {
	if o.ended != nil {
		return
	}
	o.ended, o.trust = err, trust{}
	lasts := slices.ContainsFunc(d.order, func(l *Lane) bool { return l.Queue != nil && l.login.ended == nil })
	if !lasts {
		d.Halt(d.endedTokens())
		return
	}
	d.Warn(endedText(o, err))
	for _, l := range d.order {
		if l.login == o && l.Queue != nil {
			l.WaitOver()
			l.Queue.TokenEnded(err)
		}
	}
}

// Revive has a lane tried again that was given up, or whose token the API refused: what was left of it
// for a later run is taken anew.
func (d *Dispatcher) Revive(l *Lane) {
	l.GivenUp, l.maybeThrottles = nil, 0
	if l.login.ended == nil {
		return
	}
	l.login.ended = nil
	for _, other := range d.order {
		if other.login == l.login && other.Queue != nil {
			other.Wake()
		}
	}
}

func endedText(o *login, err *graph.Error) string {
	return "the API refused " + o.label + " (" + err.Error() + "); its ad accounts are left for a later run, and the others go on"
}

// endedTokens is the error of a run in which tokens were refused, nil if none was.
func (d *Dispatcher) endedTokens() error {
	var ended *jobs.RefusedError
	for _, o := range d.logins {
		if o.ended == nil {
			continue
		}
		if ended == nil {
			ended = &jobs.RefusedError{Err: o.ended}
		}
		if o.label != "" {
			ended.Credentials = append(ended.Credentials, o.label)
		}
	}
	if ended == nil {
		return nil
	}
	return ended
}

// stuckError is why nothing is left that could be sent: what tokens that ended leave behind
// is for a later run.
func (d *Dispatcher) stuckError() error {
	if ended := d.endedTokens(); ended != nil {
		return ended
	}
	return d.client.Stuck()
}

// judged takes what the answer to the neutral question showed.
func (d *Dispatcher) judged(o *login, err error) {
	refused, isRefusal := errors.AsType[*jobs.RefusedError](err)
	switch {
	case err == nil:
	case isRefusal:
		d.endToken(o, refused.Err)
	default:
		d.Halt(err)
	}
}
