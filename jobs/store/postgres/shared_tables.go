package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// sharing are the parameters of a connection that writes a job beside other workers. A process that
// is stopped in a transaction keeps the others waiting, but not for long.
var sharing = func() map[string]string {
	all := maps.Clone(writing)
	all["idle_in_transaction_session_timeout"], all["default_transaction_isolation"] = "10000", "read committed"
	return all
}()

// sharedTables are the tables of a job that a worker writes beside others: a [store.SharedTables].
// The writer's goroutine alone uses what is here.
type sharedTables struct {
	*tables
	worker string
	lanes  map[plan.Account]bool
	wrote  map[plan.Account]jobs.LaneState // the latest
	tally  jobs.Tally                      // likewise
}

// leaseLeft selects how many milliseconds of a worker's lease are left. Until the transaction ends,
// nobody buries the worker.
const leaseLeft = `SELECT adferry.millis(until) - adferry.millis(clock_timestamp()) FROM adferry.workers WHERE name = $1 AND until > clock_timestamp() FOR KEY SHARE`

func (t *sharedTables) Begin() (*sql.Tx, error) {
	now := time.Now()
	tx, err := t.conn.BeginTx(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	if err := t.lease(now, tx.QueryRow(leaseLeft, t.worker)); err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	return tx, nil
}

// lease notes what is left of the lease, which was asked for at a moment.
func (t *sharedTables) lease(now time.Time, row *sql.Row) error {
	var left int64
	err := row.Scan(&left)
	if err == sql.ErrNoRows {
		return board.ErrLeaseLost
	}
	if err == nil {
		t.asked.Store(&asked{now, min(heldFor, time.Duration(left)*time.Millisecond)})
	}
	return err
}

// Alive asks for the job's lock and for the lease.
func (t *sharedTables) Alive() error {
	if err := t.locked(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), heldFor)
	defer cancel()
	return t.lease(time.Now(), t.conn.QueryRowContext(ctx, leaseLeft, t.worker))
}

// Lock implements [store.SharedTables]: who changes an operation that others wait for has locked
// those.
func (t *sharedTables) Lock(tx *sql.Tx, ops []plan.OpID) error {
	if len(ops) == 0 {
		return nil
	}
	_, err := tx.Exec(`SELECT FROM adferry.ops WHERE job = $1 AND id IN (SELECT op FROM adferry.needs WHERE job = $1 AND need = ANY ($2)) ORDER BY id FOR NO KEY UPDATE`, t.texts.job, ops)
	return err
}

// Release implements [store.Tables].
func (t *sharedTables) Release(tx *sql.Tx, all []jobs.Released) (own []jobs.Released, err error) {
	if _, err := t.tables.Release(tx, all); err != nil {
		return nil, err
	}
	var ops []plan.OpID
	var lanes []plan.Account
	for _, r := range all {
		if t.lanes[r.Lane] {
			own = append(own, r)
		} else {
			ops, lanes = append(ops, r.ID), append(lanes, r.Lane)
		}
	}
	if len(ops) > 0 {
		_, err = tx.Exec(`INSERT INTO adferry.released (job, op, lane) SELECT $1, * FROM unnest($2::bigint[], $3::text[]) ON CONFLICT DO NOTHING`, t.texts.job, ops, lanes)
	}
	return own, err
}

// Write adds what was counted to what others did.
func (t *sharedTables) Write(tx *sql.Tx, w store.Writes) (err error) {
	if w.Lanes, err = t.merged(tx, w.Lanes); err != nil {
		return err
	}
	if w.Tally != nil {
		if w.Tally, err = t.mergedTally(tx, *w.Tally); err != nil {
			return err
		}
	}
	return t.tables.Write(tx, w)
}

// merged are states as all workers left them, which are locked in the order of their ad accounts.
func (t *sharedTables) merged(tx *sql.Tx, states []jobs.LaneState) (all []jobs.LaneState, err error) {
	if len(states) == 0 {
		return nil, nil
	}
	mine := map[plan.Account]jobs.LaneState{}
	for _, s := range states {
		mine[s.Account] = s
	}
	rows, err := tx.Query(`INSERT INTO adferry.lanes AS l (job, account, tier, parked_until, parked_for, calls, throttles, parked) SELECT $1, a, 0, 0, '', 0, 0, 0 FROM unnest($2::text[]) AS a
		ON CONFLICT (job, account) DO UPDATE SET account = l.account RETURNING account, tier, parked_until, parked_for, calls, throttles, parked`, t.texts.job, slices.Sorted(maps.Keys(mine)))
	err = eachRow(rows, err, func() error {
		var s jobs.LaneState
		var until, parked int64
		err := rows.Scan((*string)(&s.Account), &s.Tier, &until, &s.ParkedFor, &s.Calls, &s.Throttles, &parked)
		s.ParkedUntil, s.Parked = store.TimeOf(until), time.Duration(parked)*time.Millisecond
		all = append(all, s.With(mine[s.Account], t.wrote[s.Account]))
		return err
	})
	maps.Copy(t.wrote, mine)
	return all, err
}

// mergedTally is the tally as all workers left it, which is locked.
func (t *sharedTables) mergedTally(tx *sql.Tx, mine jobs.Tally) (*jobs.Tally, error) {
	var text string
	err := tx.QueryRow(`INSERT INTO adferry.meta AS m (job, key, value) VALUES ($1, 'tally', '{}') ON CONFLICT (job, key) DO UPDATE SET value = m.value RETURNING value`, t.texts.job).Scan(&text)
	if err != nil {
		return nil, err
	}
	var all jobs.Tally
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, err
	}
	all = all.With(mine, t.tally)
	t.tally = mine
	return &all, nil
}
