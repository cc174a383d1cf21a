package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// tables are the tables of a job, on the connection that has its lock.
type tables struct {
	conn  *connection
	texts *texts
	name  string
	asked atomic.Pointer[asked]
	needs *bool // the job has operations that wait for others; nil: not read yet
}

// asked is when PostgreSQL was last asked something that it answered, and for how long after that
// it is certain that the job is this process's.
type asked struct {
	at    time.Time
	holds time.Duration
}

func newTables(conn *connection, t *texts, name string) *tables {
	all := &tables{conn: conn, texts: t, name: name}
	all.asked.Store(&asked{time.Now(), heldFor})
	return all
}

func (t *tables) Begin() (*sql.Tx, error) {
	now := time.Now()
	tx, err := t.conn.BeginTx(context.Background(), nil)
	if err == nil {
		t.asked.Store(&asked{now, heldFor})
	}
	return tx, err
}

func (t *tables) Query(tx *sql.Tx, text string, args ...any) (*sql.Rows, error) {
	return tx.Query(t.texts.text(text), args...)
}

func (t *tables) Write(tx *sql.Tx, w store.Writes) error {
	job := t.texts.job
	err := cmp.Or(
		write(tx, job, outcomesTable, w.Records, store.OutcomeValues), t.confirm(tx, w.Confirmed),
		write(tx, job, lanesTable, w.Lanes, store.LaneValues), write(tx, job, samplesTable, w.Samples, store.SampleValues), write(tx, job, parksTable, w.Parks, store.ParkValues),
		t.settle(tx, w.Records),
	)
	if w.Tally == nil || err != nil {
		return err
	}
	tally, err := json.Marshal(w.Tally)
	if err != nil {
		return err
	}
	return t.Set(tx, []store.Entry{{Key: "tally", Value: string(tally)}})
}

// confirm writes when copies were seen.
func (t *tables) confirm(tx *sql.Tx, confirmed []jobs.Confirmation) error {
	if len(confirmed) == 0 {
		return nil
	}
	var ops []plan.OpID
	var seen []int64
	for _, c := range confirmed {
		ops, seen = append(ops, c.ID), append(seen, store.Millis(c.At))
	}
	_, err := tx.Exec(`UPDATE adferry.outcomes AS o SET seen = x.seen FROM unnest($2::bigint[], $3::bigint[]) AS x(op, seen) WHERE o.job = $1 AND o.op = x.op`, t.texts.job, ops, seen)
	return err
}

// Release notes in ready what waits for no others any more, so that nobody has to look for it in all
// of a lane.
func (t *tables) Release(tx *sql.Tx, all []jobs.Released) ([]jobs.Released, error) {
	var ops []plan.OpID
	var lanes []plan.Account
	for _, r := range all {
		ops, lanes = append(ops, r.ID), append(lanes, r.Lane)
	}
	_, err := tx.Exec(`INSERT INTO adferry.ready (job, op, lane) SELECT $1, * FROM unnest($2::bigint[], $3::text[]) ON CONFLICT DO NOTHING`, t.texts.job, ops, lanes)
	return all, err
}

// settle removes from ready what is settled.
func (t *tables) settle(tx *sql.Tx, records []jobs.Record) error {
	if t.needs == nil {
		var needs bool
		if err := tx.QueryRow(`SELECT EXISTS (SELECT FROM adferry.needs WHERE job = $1)`, t.texts.job).Scan(&needs); err != nil {
			return err
		}
		t.needs = &needs
	}
	var settled []plan.OpID
	for _, r := range records {
		if r.Outcome.State.Settled() {
			settled = append(settled, r.ID)
		}
	}
	if !*t.needs || len(settled) == 0 {
		return nil
	}
	_, err := tx.Exec(`DELETE FROM adferry.ready WHERE job = $1 AND op = ANY ($2)`, t.texts.job, settled)
	return err
}

func (t *tables) AddCounts(tx *sql.Tx, rows []store.RowCount, ops []store.OpCount) error {
	return cmp.Or(write(tx, t.texts.job, rowCountsTable, rows, store.RowCount.Values), write(tx, t.texts.job, opCountsTable, ops, store.OpCount.Values))
}

func (t *tables) Set(tx *sql.Tx, entries []store.Entry) error { return set(tx, t.texts.job, entries) }

// set changes entries of meta.
func set(tx *sql.Tx, job int32, entries []store.Entry) error {
	for _, e := range entries {
		var err error
		switch {
		case e.Value == nil:
			_, err = tx.Exec(`DELETE FROM adferry.meta WHERE job = $1 AND key = $2`, job, e.Key)
		case e.Keep:
			_, err = tx.Exec(`INSERT INTO adferry.meta (job, key, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, job, e.Key, fmt.Sprint(e.Value))
		default:
			_, err = tx.Exec(`INSERT INTO adferry.meta (job, key, value) VALUES ($1, $2, $3) ON CONFLICT (job, key) DO UPDATE SET value = excluded.value`, job, e.Key, fmt.Sprint(e.Value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tables) Reopen(tx *sql.Tx, countRows, countOps string) error {
	for _, statement := range []string{
		`DELETE FROM adferry.outcomes WHERE job = $1 AND state = 'failed' AND tried = 0`,
		`UPDATE adferry.outcomes SET state = 'pending', reason = '', attempts = 0, code = 0, subcode = 0, message = '', trace = '', finished = 0, creatives = ''
			WHERE job = $1 AND state = 'failed'`,
		`DELETE FROM adferry.row_counts WHERE job = $1`,
		`DELETE FROM adferry.op_counts WHERE job = $1`,
		`INSERT INTO adferry.row_counts (job, verb, account, first, first_reason, del, del_reason, n) SELECT $1::integer, c.* FROM (` + t.texts.text(countRows) + `) AS c`,
		`INSERT INTO adferry.op_counts (job, kind, lane, others, state, blames, n, finished) SELECT $1::integer, c.* FROM (` + t.texts.text(countOps) + `) AS c`,
		`DELETE FROM adferry.ready WHERE job = $1`,
		`INSERT INTO adferry.ready (job, op, lane) SELECT $1::integer, w.* FROM (` + t.texts.text(store.Waiting) + `) AS w`,
	} {
		if _, err := tx.Exec(statement, t.texts.job); err != nil {
			return err
		}
	}
	return nil
}

func (t *tables) CutParks(tx *sql.Tx, now, stopped time.Time) error {
	for _, statement := range []string{
		`UPDATE adferry.lanes AS l SET parked = greatest(0, parked - least(parked_until, $2::bigint) + $3) WHERE job = $1 AND parked_until > $3
			AND (account, parked_until) IN (SELECT account, until FROM adferry.parks WHERE job = $1)`,
		`INSERT INTO adferry.parks (job, account, since, until, code, subcode)
			SELECT DISTINCT ON (account) job, account, $2::bigint, until, code, subcode FROM adferry.parks WHERE job = $1 AND until > $2 AND since < $2 AND $3::bigint > 0
			ORDER BY account, until DESC`,
		`UPDATE adferry.parks SET until = greatest(since, $3::bigint) WHERE job = $1 AND until > $3 AND since < $2`,
	} {
		if _, err := tx.Exec(statement, t.texts.job, store.Millis(now), store.Millis(stopped)); err != nil {
			return err
		}
	}
	return nil
}

// Alive asks whether the connection still has the lock.
func (t *tables) Alive() error {
	now := time.Now()
	err := t.locked()
	if err == nil {
		t.asked.Store(&asked{now, heldFor})
	}
	return err
}

func (t *tables) locked() error {
	ctx, cancel := context.WithTimeout(context.Background(), heldFor)
	defer cancel()
	var held bool
	err := t.conn.QueryRowContext(ctx, `SELECT EXISTS (`+lockedJobs+` AND pid = pg_backend_pid() AND objid::bigint = $2)`, int64(lockClass), int64(t.texts.job)).Scan(&held)
	if err == nil && !held {
		return ErrLockLost
	}
	return err
}

// Held is by two clocks: that on the wall may be set back, and the other one may stand still while
// a machine is suspended.
func (t *tables) Held() (asked, until time.Time, err error) {
	last, now := t.asked.Load(), time.Now()
	wall := last.at.Round(0)
	if max(now.Sub(last.at), now.Sub(wall)) > last.holds {
		return last.at, until, ErrLockLost
	}
	return wall, wall.Add(last.holds), nil
}

func (t *tables) AliveEvery() time.Duration { return time.Second }

func (t *tables) WriteError(err error) error {
	return fmt.Errorf("write job %s: %w", t.name, classify(err))
}

// Close releases the lock, so that the next process need not wait for the connection to end.
func (t *tables) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = t.conn.ExecContext(ctx, `SELECT pg_advisory_unlock_all()`) // a lost connection has none
	return t.conn.Close()
}
