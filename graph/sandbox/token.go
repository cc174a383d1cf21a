package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// Token says what an access token of the server may do. The zero value may use every ad
// account, belongs to the app of Options and does not end.
type Token struct {
	// App is the id of the token's app; "" is the app of Options, DefaultApp. Each app has a
	// usage and blocks of its own.
	App string
	// Accounts are the ad accounts that the token may use; nil means all. Calls on the
	// others are refused with code 200, and so are copies out of them.
	Accounts []string
	// Expires is when the token ends with 190/463; zero means never.
	Expires time.Time
	// Scopes are the permissions that debug_token tells; nil means ads_management and
	// ads_read. Without ads_management every write is refused with 100/33.
	Scopes []string
	// Secret is the secret of the token's app, which makes appsecret_proof mandatory; ""
	// means Options.AppSecret.
	Secret string
}

// App describes an app besides that of Options.
type App struct {
	HourlyCalls int // limit of all its tokens together (code 4); 0 means none
}

// DefaultApp is the id of the app that Options describe.
const DefaultApp = "200000000000001"

// app is the quota that the tokens of one app share.
type app struct {
	budget *budget // nil without a limit
	hold   hold
}

// AddToken makes a token valid, or changes what it may do. Without Options.Tokens and
// Options.Access all other tokens are valid, too.
func (s *Server) AddToken(token string, t Token) {
	t.App = cmp.Or(t.App, DefaultApp)
	t.Accounts = slices.Clone(t.Accounts)
	for i, id := range t.Accounts {
		t.Accounts[i] = withoutAct(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = t
	delete(s.expired, token)
	if s.apps[t.App] == nil {
		s.apps[t.App] = s.newApp(t.App)
	}
}

// newApp makes the quota of the app with the given id.
func (s *Server) newApp(id string) *app {
	o, own := s.opts.Apps[id]
	if !own {
		o = App{s.opts.AppHourlyCalls}
	}
	a := &app{}
	if o.HourlyCalls > 0 {
		a.budget = hourBudget(float64(o.HourlyCalls), Rolling, s.opts.Limits)
	}
	return a
}

// appOf is the app of a call's token; s.mu is held.
func (s *Server) appOf(c *call) *app { return s.apps[s.token(c.token).App] }

// token is what a token may do; s.mu is held.
func (s *Server) token(token string) Token {
	t, known := s.tokens[token]
	if !known {
		t.App = DefaultApp
	}
	return t
}

// mayUse reports whether the token may use the ad account.
func (t Token) mayUse(account string) bool {
	return t.Accounts == nil || slices.Contains(t.Accounts, account)
}

// scopes are what debug_token tells.
func (t Token) scopes() []string {
	if t.Scopes == nil {
		return []string{"ads_management", "ads_read"}
	}
	return t.Scopes
}

func (t Token) mayWrite() bool { return slices.Contains(t.scopes(), "ads_management") }

// noteOutside counts a call on an ad account that its token may not use.
func (s *Server) noteOutside(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.account != "" && !s.token(c.token).mayUse(c.account) {
		s.stats.Outside++
	}
}
