package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
)

// appNames makes the names that package dispatch has for apps those of the board, and back. An app
// whose id is not known is the job's own.
type appNames struct{ job int32 }

func (a appNames) prefix() string { return fmt.Sprintf("job %d ", a.job) }

func (a appNames) name(key string) string {
	if strings.HasPrefix(key, sharedApp) {
		return key
	}
	return a.prefix() + key
}

func (a appNames) key(name string) string { return strings.TrimPrefix(name, a.prefix()) }

// sharedApp begins the names of apps whose ids are known.
const sharedApp = "app "

// waitAgain is how long at least a request waits that may not leave because of a wait.
const waitAgain = 100 * time.Millisecond

// probeAgain is when a probe is asked for again that another worker sends.
const probeAgain = time.Second

// Depart implements [jobs.Sharing].
func (j *sharedJob) Depart(ctx context.Context, d jobs.Departure) (jobs.Clearance, error) {
	asked := time.Now().Round(0)
	app, k := j.apps.name(d.App), j.knowledge
	k.mu.Lock()
	told, known := k.apps[app]
	if !known {
		told = -1
	}
	k.known[d.Account] = true
	toldAccount, parked, appParked := k.accounts[place{app, d.Account}], k.parks[d.Account], k.appParks[app]
	k.mu.Unlock()
	var text []byte
	err := j.member.db.QueryRowContext(ctx, `SELECT adferry.depart($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		j.member.name, j.job.texts.job, j.engine, app, string(d.Account), d.Calls, d.Points, d.Room.Calls, d.Room.Points, d.Room.AppCalls,
		told, toldAccount, d.Probe, d.AppProbe, store.Millis(parked), store.Millis(appParked)).Scan(&text)
	if err != nil {
		return jobs.Clearance{}, fmt.Errorf("ask the other workers: %w", classify(err))
	}
	h, err := heardIn(text)
	if err != nil {
		return jobs.Clearance{}, err
	}
	cleared := jobs.Clearance{May: h.May, News: k.hear(h, j.apps), Until: asked.Add(min(heldFor, time.Duration(*h.Left)*time.Millisecond))}
	switch {
	case h.May:
	case h.Again > 0: // by another clock
		cleared.Again = time.Now().Add(max(waitAgain, time.Until(store.TimeOf(h.Again))))
	case h.Probing:
		cleared.Again = time.Now().Add(probeAgain)
	}
	return cleared, nil
}

// answered makes known what a change says to other workers once it is durable.
func (j *sharedJob) answered(ctx context.Context, c jobs.Change) error {
	k := j.knowledge
	k.mu.Lock()
	for _, p := range c.Parks {
		later(k.own, p.Account, p.Until)
		later(k.parks, p.Account, p.Until)
	}
	for _, p := range c.Apps {
		later(k.appParks, j.apps.name(p.App), p.Until)
	}
	k.mu.Unlock()
	for _, p := range c.Apps {
		if _, err := j.member.db.ExecContext(ctx, `INSERT INTO adferry.app_parks AS p (app, until, why) VALUES ($1, $2, $3)
			ON CONFLICT (app) DO UPDATE SET until = excluded.until, why = excluded.why WHERE excluded.until > p.until`, j.apps.name(p.App), store.Millis(p.Until), valid(p.Why)); err != nil {
			return classify(err)
		}
	}
	for _, d := range c.Answered {
		if _, err := j.member.db.ExecContext(ctx, `DELETE FROM adferry.probes WHERE engine = $1 AND app = $2 AND (account = $3 AND $4 OR account = '' AND $5)`,
			j.engine, j.apps.name(d.App), string(d.Account), d.Probe, d.AppProbe); err != nil {
			return classify(err)
		}
	}
	return nil
}
