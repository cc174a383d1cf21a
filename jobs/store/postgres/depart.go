package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"adferry/jobs"
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
func (j *sharedJob) Depart(ctx context.Context, d jobs.Departure) (jobs.Leave, error) {
	asked := time.Now().Round(0)
	app, t := j.apps.name(d.App), j.told
	t.mu.Lock()
	told, known := t.apps[app]
	if !known {
		told = -1
	}
	t.known[d.Account] = true
	toldAccount, parked, appParked := t.accounts[place{app, d.Account}], t.parks[d.Account], t.appParks[app]
	t.mu.Unlock()
	var text []byte
	err := j.member.db.QueryRowContext(ctx, `SELECT adferry.depart($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		j.member.name, j.job.texts.job, j.engine, app, string(d.Account), d.Calls, d.Points, d.Room.Calls, d.Room.Points, d.Room.AppCalls,
		told, toldAccount, d.Probe, d.AppProbe, millis(parked), millis(appParked)).Scan(&text)
	if err != nil {
		return jobs.Leave{}, fmt.Errorf("ask the other workers: %w", classify(err))
	}
	h, err := heardIn(text)
	if err != nil {
		return jobs.Leave{}, err
	}
	leave := jobs.Leave{May: h.May, News: t.hear(h, j.apps), Until: asked.Add(min(heldFor, time.Duration(*h.Left)*time.Millisecond))}
	switch {
	case h.May:
	case h.Again > 0: // by another clock
		leave.Again = time.Now().Add(max(waitAgain, time.Until(timeOf(h.Again))))
	case h.Probing:
		leave.Again = time.Now().Add(probeAgain)
	}
	return leave, nil
}

// answered makes known what a change says to other workers once it is durable.
func (j *sharedJob) answered(ctx context.Context, c jobs.Change) error {
	t := j.told
	t.mu.Lock()
	for _, p := range c.Parks {
		later(t.own, p.Account, p.Until)
		later(t.parks, p.Account, p.Until)
	}
	for _, p := range c.Apps {
		later(t.appParks, j.apps.name(p.App), p.Until)
	}
	t.mu.Unlock()
	for _, p := range c.Apps {
		if _, err := j.member.db.ExecContext(ctx, `INSERT INTO adferry.app_parks AS p (app, until, why) VALUES ($1, $2, $3)
			ON CONFLICT (app) DO UPDATE SET until = excluded.until, why = excluded.why WHERE excluded.until > p.until`, j.apps.name(p.App), millis(p.Until), valid(p.Why)); err != nil {
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
