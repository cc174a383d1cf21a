package simulation_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/credentials"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// logins are the credentials of a world's ad accounts, which have them in turns; empty: there
// is one for all. Each token may use every ad account, so that what may become of a row is the
// same with several as with one.
type logins []dispatch.Credential

// authorize draws whether the accounts share a token, and if not, whether the tokens share an app
// and whether the process knows it.
func (s *scenario) authorize(d dice) {
	if !d.chance(0.25) {
		return
	}
	for _, label := range []string{"NORTH", "SOUTH"} {
		s.logins = append(s.logins, dispatch.Credential{Label: label, App: pick(d, "1", "2", "")})
	}
}

// login is an ad account's credential.
func (s *scenario) login(a plan.Account) dispatch.Credential {
	if len(s.logins) == 0 {
		return dispatch.Credential{}
	}
	return s.logins[int(a[len(a)-1])%len(s.logins)]
}

// app names the gate that calls with a credential pass, as plan.Account; "" is that of all
// accounts. Where the process does not know the app, the credential is taken for one.
func (s *scenario) app(c dispatch.Credential) plan.Account {
	if len(s.logins) == 0 {
		return ""
	}
	return plan.Account("app of " + cmp.Or(c.App, c.Label))
}

// toldOfApps closes the gates of apps of which other workers were told to wait. That of the only app
// closes when its process says so.
func (w *wire) toldOfApps(parks []jobs.AppPark) {
	if len(w.sim.logins) == 0 {
		return
	}
	w.sim.mu.Lock()
	defer w.sim.mu.Unlock()
	for _, p := range parks {
		name := w.sim.app(dispatch.Credential{Label: strings.TrimPrefix(p.App, "app ")})
		if g := w.gates[name]; g == nil || p.Until.After(g.until) {
			now := time.Now()
			w.shut[name] = now
			w.gates[name] = &gate{until: p.Until, since: now, heard: true, why: p.Why}
		}
	}
}

// appOf is the gate of a call's credential.
func (s *scenario) appOf(c graph.Call) plan.Account {
	if c.Account != "" {
		return s.app(s.login(plan.Account(c.Account)))
	}
	for _, l := range s.logins {
		if l.Label == c.Credential {
			return s.app(l)
		}
	}
	return s.app(dispatch.Credential{})
}

// gatesOf are the gates of which the checkpoint keeps the wait with an ad account's name, or
// with none: of apps it is not told which.
func (s *scenario) gatesOf(a plan.Account) (names []plan.Account) {
	if a != "" || len(s.logins) == 0 {
		return []plan.Account{a}
	}
	for _, l := range s.logins {
		names = append(names, s.app(l))
	}
	return names
}

// keptAs are the ad accounts with which the checkpoint keeps the wait of a gate: with none, that
// of the only app; of one of several, with all its ad accounts that were written to or read.
func (s *scenario) keptAs(gate plan.Account) (names []plan.Account) {
	apps := map[plan.Account][]plan.Account{}
	for _, a := range s.accounts {
		if id := plan.Account(a.id); strings.Contains(s.manifest, ","+a.id+",") || strings.Contains(s.manifest, ","+a.id+"\n") {
			apps[s.app(s.login(id))] = append(apps[s.app(s.login(id))], id)
		}
	}
	switch own, isApp := apps[gate]; {
	case !isApp:
		return []plan.Account{gate}
	case len(apps) == 1:
		return []plan.Account{""}
	default:
		return own
	}
}

// token is the token that a process has of a credential.
func (w *wire) token(c dispatch.Credential) string {
	return fmt.Sprint("token", w.living, strings.ToLower(c.Label))
}

// connect is a process's client, with new tokens.
func (s *sim) connect(w *wire) dispatch.API {
	config := graph.Config{Transport: &tap{s.net, w}}
	if len(s.logins) == 0 {
		secret, err := graph.NewSecret(w.token(dispatch.Credential{}))
		if err != nil {
			s.t.Fatal(err)
		}
		config.Token = secret
		c, err := graph.New(config)
		if err != nil {
			s.t.Fatal(err)
		}
		return c
	}
	text, tokens := "account,token\n", map[string]string{}
	for _, a := range s.accounts {
		text += a.id + "," + s.login(plan.Account(a.id)).Label + "\n"
	}
	for i, l := range s.logins {
		tokens[l.Label] = w.token(l)
		s.server.AddToken(tokens[l.Label], sandbox.Token{App: cmp.Or(l.App, fmt.Sprint("unknown", i))})
	}
	file, err := credentials.Parse("", strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	set, err := file.Open("", credentials.Environment{Lookup: func(name string) (string, bool) { return tokens[name], true }}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := credentials.NewClient(set, config)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

var namesAccount = regexp.MustCompile(`^/?(?:v[0-9.]+/)?act_([0-9]+)/`)

// checkToken checks that a request has the token of the ad accounts that it is about.
func (w *wire) checkToken(req *http.Request, body []byte) {
	form, _ := url.ParseQuery(string(body))
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ") + form.Get("access_token")
	paths := []string{req.URL.Path}
	var calls []struct {
		URL string `json:"relative_url"`
	}
	if json.Unmarshal([]byte(form.Get("batch")), &calls) == nil {
		for _, c := range calls {
			paths = append(paths, c.URL)
		}
	}
	for _, path := range paths {
		if m := namesAccount.FindStringSubmatch(path); m != nil && token != w.token(w.sim.login(plan.Account(m[1]))) {
			w.sim.mu.Lock()
			w.sim.fault("a request for %s left with %s", m[1], token)
			w.sim.mu.Unlock()
		}
	}
}

// bodyOf reads a request's body, and leaves it to be read.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	req.Body.Close()
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}
