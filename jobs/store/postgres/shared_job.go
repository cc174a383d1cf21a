package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// sharedJob is a job that a worker carries out lanes of: a [board.Job].
type sharedJob struct {
	*store.Job
	job       *job
	tables    *sharedTables
	member    *member
	engine    int64 // names this engine in what it spends
	apps      appNames
	knowledge *knowledge
}

// Stored implements [board.Job].
func (j *sharedJob) Stored() *store.Job { return j.Job }

// Commit implements [jobs.Checkpoint].
func (j *sharedJob) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	released, err := j.Job.Commit(ctx, c)
	if err == nil && len(c.Parks)+len(c.Apps)+len(c.Answered) > 0 {
		err = j.answered(ctx, c)
	}
	return released, err
}

// Take implements [board.Job].
func (j *sharedJob) Take(ctx context.Context, lane plan.Account) (p jobs.LanePoint, err error) {
	p.Account = lane
	free := false
	err = j.InTransaction(func(tx *sql.Tx) error {
		err := tx.QueryRow(`INSERT INTO adferry.leases AS l (job, lane, worker) VALUES ($1, $2, $3)
			ON CONFLICT (job, lane) DO UPDATE SET since = excluded.since, why = '', until = 0 WHERE l.worker = excluded.worker RETURNING true`,
			j.tables.texts.job, string(lane), j.member.name).Scan(&free)
		if err == sql.ErrNoRows {
			return nil
		}
		j.tables.lanes[lane] = true
		return err
	})
	if err == nil && !free {
		err = board.ErrHeld
	}
	if err != nil {
		return jobs.LanePoint{}, err
	}
	if err := j.standing(ctx, &p); err != nil {
		return jobs.LanePoint{}, err
	}
	return p, nil
}

// Waiting implements [board.Job]. Of those, none is told as released afterwards by another worker: one
// statement sees one state.
func (j *sharedJob) Waiting(ctx context.Context, lane plan.Account) (all []jobs.Released, err error) {
	rows, err := j.member.db.QueryContext(ctx, `WITH told AS (
			DELETE FROM adferry.released r USING adferry.leases l WHERE r.job = $1 AND r.lane = $3 AND l.job = $1 AND l.lane = $3 AND l.worker = $2
		) SELECT op FROM adferry.ready WHERE job = $1 AND lane = $3 ORDER BY op`, j.job.texts.job, j.member.name, string(lane))
	err = eachRow(rows, err, func() error {
		r := jobs.Released{Lane: lane}
		err := rows.Scan(&r.ID)
		all = append(all, r)
		return err
	})
	return all, err
}

// standing reads how a lane stands that this worker has.
func (j *sharedJob) standing(ctx context.Context, p *jobs.LanePoint) error {
	var err error
	if p.Waiting, err = j.Waiting(ctx, p.Account); err != nil {
		return err
	}
	reads, err := j.Reads(ctx, p.Account)
	if err != nil {
		return err
	}
	before, err := j.Quotas(ctx)
	if err != nil {
		return err
	}
	p.HeadersSent = before.Tally.HeadersSent
	accounts := append(reads, "", p.Account)
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		s := jobs.LaneState{Account: a}
		if i := slices.IndexFunc(before.Lanes, func(l jobs.LaneState) bool { return l.Account == a }); i >= 0 {
			s = before.Lanes[i]
		}
		p.States = append(p.States, s)
	}
	if p.Progress, err = j.Progress(ctx); err != nil {
		return err
	}
	if p.Deletes, err = j.DeletesLeft(ctx, p.Account); err != nil {
		return err
	}
	rows, err := j.member.db.QueryContext(ctx, `SELECT lane FROM adferry.failing WHERE job = $1 ORDER BY lane`, j.tables.texts.job)
	if err = eachRow(rows, err, func() error {
		var a plan.Account
		err := rows.Scan((*string)(&a))
		p.Failing = append(p.Failing, a)
		return err
	}); err != nil {
		return err
	}
	return j.learned(ctx, p)
}

// Give implements [board.Job].
func (j *sharedJob) Give(_ context.Context, lane plan.Account) error {
	return j.InTransaction(func(tx *sql.Tx) error {
		delete(j.tables.lanes, lane)
		_, err := tx.Exec(`DELETE FROM adferry.leases WHERE job = $1 AND lane = $2 AND worker = $3`, j.tables.texts.job, string(lane), j.member.name)
		return err
	})
}

// Waits implements [board.Job].
func (j *sharedJob) Waits(ctx context.Context, lane plan.Account, why string, until time.Time) error {
	return j.exec(ctx, `UPDATE adferry.leases SET why = $4, until = $5 WHERE job = $1 AND lane = $3 AND worker = $2`, string(lane), valid(why), store.Millis(until))
}

// exec executes a statement with the job and the worker.
func (j *sharedJob) exec(ctx context.Context, statement string, args ...any) error {
	_, err := j.member.db.ExecContext(ctx, statement, append([]any{j.tables.texts.job, j.member.name}, args...)...)
	return classify(err)
}

// News implements [board.Job].
func (j *sharedJob) News(ctx context.Context) (n jobs.News, err error) {
	k := j.knowledge
	k.mu.Lock()
	var apps []string
	var seqs []int64
	var parked []int64
	for app, seq := range k.apps {
		apps, seqs, parked = append(apps, app), append(seqs, seq), append(parked, store.Millis(k.appParks[app]))
	}
	accounts := slices.Collect(maps.Keys(k.known))
	k.mu.Unlock()
	var text []byte
	err = j.member.db.QueryRowContext(ctx, `SELECT adferry.news($1, $2, $3, $4, $5, $6, $7)`, j.member.name, j.job.texts.job, j.engine, apps, seqs, parked, accounts).Scan(&text)
	if err != nil {
		return n, fmt.Errorf("hear the news: %w", classify(err))
	}
	h, err := heardIn(text)
	if err != nil {
		return n, err
	}
	n = k.hear(h, j.apps)
	progress, err := j.Progress(ctx)
	n.Progress = &progress
	return n, err
}
