package postgres

import (
	"encoding/json"
	"sync"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// knowledge is what an engine knows of what others did.
type knowledge struct {
	mu       sync.Mutex
	apps     map[string]int64           // the latest spend, by the names of the apps that it sent something to
	accounts map[place]int64            // the latest spend that came with what was saved of an ad account
	known    map[plan.Account]bool      // ad accounts that it was told of, or sent something to
	parks    map[plan.Account]time.Time // ends of waits that the API imposed
	appParks map[string]time.Time       // of apps, by their names
	own      map[plan.Account]time.Time // of those, the ones that this engine met
}

// place is an ad account as the credentials of an app reach it.
type place struct {
	app     string
	account plan.Account
}

func newKnowledge() *knowledge {
	return &knowledge{apps: map[string]int64{}, accounts: map[place]int64{}, known: map[plan.Account]bool{}, parks: map[plan.Account]time.Time{}, appParks: map[string]time.Time{}, own: map[plan.Account]time.Time{}}
}

// heard is an answer of the functions depart and news.
type heard struct {
	Left    *int64 // of the lease, in milliseconds; nil: it is over
	May     bool
	Again   int64 // when a wait is over, in milliseconds since 1970
	Probing bool  // by another worker
	Spent   []struct {
		Seq           int64
		App           string
		Account       plan.Account
		At            int64
		Calls, Points int
	}
	Told   map[string]int64 // the latest spend of each app
	Parked []struct {
		Account plan.Account
		Until   int64
		Why     string
	}
	Apps []struct {
		App   string
		Until int64
		Why   string
	}
	Released []struct {
		Op   plan.OpID
		Lane plan.Account
	}
	Failing []plan.Account
}

func heardIn(text []byte) (h heard, err error) {
	if err = json.Unmarshal(text, &h); err == nil && h.Left == nil {
		err = board.ErrLeaseLost
	}
	return h, err
}

// hear is what is new of an answer. Answers may overlap, and come in another order than they were
// given in: each has all that followed what the engine had been told when it asked.
func (k *knowledge) hear(h heard, own appNames) (n jobs.News) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range h.Spent {
		if s.Seq <= k.apps[s.App] {
			continue
		}
		if s.Seq <= k.accounts[place{s.App, s.Account}] {
			s.Account, s.Points = "", 0 // the ad account was taken over with it
		}
		n.Spent = append(n.Spent, jobs.Spent{App: own.key(s.App), Account: s.Account, At: store.TimeOf(s.At), Calls: s.Calls, Points: s.Points})
	}
	for app, seq := range h.Told {
		k.apps[app] = max(k.apps[app], seq)
	}
	for _, p := range h.Parked {
		if until := store.TimeOf(p.Until); until.After(k.own[p.Account]) {
			later(k.parks, p.Account, until)
			n.Lanes = append(n.Lanes, jobs.LaneState{Account: p.Account, ParkedUntil: until, ParkedFor: p.Why, Imposed: true})
		}
	}
	for _, p := range h.Apps {
		if until := store.TimeOf(p.Until); until.After(k.appParks[p.App]) {
			later(k.appParks, p.App, until)
			n.Apps = append(n.Apps, jobs.AppPark{App: own.key(p.App), Until: until, Why: p.Why})
		}
	}
	for _, r := range h.Released {
		n.Released = append(n.Released, jobs.Released{ID: r.Op, Lane: r.Lane})
	}
	n.Failing = h.Failing
	return n
}

// later notes a time unless a later one is noted already. The database has milliseconds.
func later[K comparable](times map[K]time.Time, of K, t time.Time) {
	if t = store.TimeOf(store.Millis(t)); t.After(times[of]) {
		times[of] = t
	}
}
