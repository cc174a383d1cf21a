package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// SaveLearned implements [board.Job]. Whoever takes what is saved is told what was spent since the
// engine was told. What another engine saved that was told more stays.
func (j *sharedJob) SaveLearned(ctx context.Context, l jobs.Learned) error {
	learned := slices.SortedFunc(slices.Values(l.Quotas), func(a, b jobs.QuotaState) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.Account, b.Account))
	})
	var apps []string
	var accounts []plan.Account
	var saved [][]byte
	var seqs []int64
	j.knowledge.mu.Lock()
	for _, q := range learned {
		app := j.apps.name(q.App)
		apps, accounts, saved, seqs = append(apps, app), append(accounts, q.Account), append(saved, q.Saved), append(seqs, j.knowledge.apps[app])
	}
	j.knowledge.mu.Unlock()
	failing, sound := []plan.Account{}, []plan.Account{}
	for a, fail := range l.Failing {
		if fail {
			failing = append(failing, a)
		} else {
			sound = append(sound, a)
		}
	}
	var left sql.NullInt64
	err := j.member.db.QueryRowContext(ctx, `WITH lease AS MATERIALIZED (
			SELECT adferry.left_of($2) AS rest
		), saved AS (
			INSERT INTO adferry.quotas AS q (app, account, saved, seq) SELECT u.* FROM lease, unnest($3::text[], $4::text[], $5::bytea[], $6::bigint[]) AS u WHERE rest IS NOT NULL
			ON CONFLICT (app, account) DO UPDATE SET saved = excluded.saved, seq = excluded.seq, at = excluded.at WHERE excluded.seq >= q.seq
		), fail AS (
			INSERT INTO adferry.failing (job, lane) SELECT $1, lane FROM lease, unnest($7::text[]) AS lane WHERE rest IS NOT NULL ON CONFLICT DO NOTHING
		), pass AS (
			DELETE FROM adferry.failing USING lease WHERE job = $1 AND lane = ANY ($8::text[]) AND rest IS NOT NULL
		) SELECT rest FROM lease`, j.job.texts.job, j.member.name, apps, accounts, saved, seqs, failing, sound).Scan(&left)
	switch {
	case err != nil:
		return fmt.Errorf("save what was learned: %w", classify(err))
	case !left.Valid:
		return board.ErrLeaseLost
	}
	return nil
}

// savedQuota is a row of quotas.
type savedQuota struct {
	place
	bytes []byte
	seq   int64 // the latest spend that it counts
}

// spend is a row of spends.
type spend struct {
	place
	seq           int64
	at            int64
	calls, points int
}

// learned reads what was learned of the quotas that concern a lane, with what was spent since.
func (j *sharedJob) learned(ctx context.Context, p *jobs.LanePoint) error {
	tx, err := j.job.read.BeginTx(ctx, nil) // which sees one state
	if err != nil {
		return classify(err)
	}
	defer tx.Rollback()
	var accounts []plan.Account
	for _, s := range p.States {
		accounts = append(accounts, s.Account)
	}
	const known = ` WHERE account = ANY ($1) AND account <> '' AND (starts_with(app, $2) OR starts_with(app, $3))`
	var saved []savedQuota
	rows, err := tx.QueryContext(ctx, `SELECT app, account, saved, seq FROM adferry.quotas`+known+` ORDER BY account, app`, accounts, sharedApp, j.apps.prefix())
	err = eachRow(rows, err, func() error {
		var q savedQuota
		err := rows.Scan(&q.app, &q.account, &q.bytes, &q.seq)
		saved = append(saved, q)
		return err
	})
	if err != nil {
		return err
	}
	var spends []spend
	rows, err = tx.QueryContext(ctx, `SELECT seq, app, account, at, calls, points FROM adferry.spends`+known+` ORDER BY seq`, accounts, sharedApp, j.apps.prefix())
	err = eachRow(rows, err, func() error {
		var s spend
		err := rows.Scan(&s.seq, &s.app, &s.account, &s.at, &s.calls, &s.points)
		spends = append(spends, s)
		return err
	})
	if err == nil {
		j.knowledge.take(p, saved, spends, j.apps)
	}
	return err
}

// take notes what an engine is told when it takes a lane. Left out are ad accounts of other lanes that
// it was told of before, or has used. The lane's own may have had another worker since.
func (k *knowledge) take(p *jobs.LanePoint, saved []savedQuota, spends []spend, apps appNames) {
	k.mu.Lock()
	defer k.mu.Unlock()
	since := map[place]int64{}
	for _, q := range saved {
		if k.known[q.account] && q.account != p.Account {
			continue
		}
		since[q.place] = q.seq
		k.accounts[q.place] = max(k.accounts[q.place], q.seq)
		p.Quotas = append(p.Quotas, jobs.QuotaState{App: apps.key(q.app), Account: q.account, Saved: q.bytes})
	}
	for _, s := range spends {
		from, has := since[s.place]
		if k.known[s.account] && !has || s.seq <= from {
			continue
		}
		k.accounts[s.place] = s.seq
		p.Spent = append(p.Spent, jobs.Spent{App: apps.key(s.app), Account: s.account, At: store.TimeOf(s.at), Calls: s.calls, Points: s.points})
	}
	for _, s := range p.States {
		k.known[s.Account] = true
		if s.Imposed {
			later(k.parks, s.Account, s.ParkedUntil)
		}
	}
}
