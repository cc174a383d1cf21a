package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// fileTables are the tables of a file of SQLite, for its writer.
type fileTables struct {
	db       *sql.DB
	path     string
	prepared map[string]*sql.Stmt
	outcomes bulk
}

// The statements that write.
const (
	putConfirmed = `UPDATE outcomes SET seen = ? WHERE op = ?`
	putLane      = `INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?, ?)`
	putSample    = `INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)`
	addPark      = `INSERT INTO parks VALUES (?, ?, ?, ?, ?)`
	addRowCount  = `INSERT INTO row_counts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`
	addOpCount   = `INSERT INTO op_counts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n, finished = max(finished, excluded.finished)`
	putEntry     = `INSERT OR REPLACE INTO meta VALUES (?, ?)`
	keepEntry    = `INSERT OR IGNORE INTO meta VALUES (?, ?)`
	removeEntry  = `DELETE FROM meta WHERE key = ?`
)

var (
	putOutcome  = insertRows(`INSERT OR REPLACE`, `outcomes`, 1+outcomeWidth, 1)
	putOutcomes = insertRows(`INSERT OR REPLACE`, `outcomes`, 1+outcomeWidth, bulkRows)
)

func openTables(path string) (*fileTables, error) {
	db, err := open(path, writeParams)
	if err != nil {
		return nil, fmt.Errorf("open job: %w", err)
	}
	db.SetMaxOpenConns(1)
	t := &fileTables{db: db, path: path, prepared: map[string]*sql.Stmt{}, outcomes: bulk{width: 1 + outcomeWidth}}
	for _, text := range []string{
		countedOps, rowsOfOps, releasedBy, putOutcome, putOutcomes, putConfirmed, putLane, putSample, addPark, addRowCount, addOpCount, putEntry, keepEntry, removeEntry,
	} {
		if t.prepared[text], err = db.Prepare(text); err != nil {
			db.Close()
			return nil, fmt.Errorf("open job: %w", classifyError(path, err))
		}
	}
	return t, nil
}

func (t *fileTables) Begin() (*sql.Tx, error) { return t.db.Begin() }

// update makes a change in a transaction of its own.
func (t *fileTables) update(change func(*sql.Tx) error) error {
	tx, err := t.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := change(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (t *fileTables) Query(tx *sql.Tx, text string, args ...any) (*sql.Rows, error) {
	return tx.Stmt(t.prepared[text]).Query(args...)
}

func (t *fileTables) exec(tx *sql.Tx, text string, args ...any) error {
	_, err := tx.Stmt(t.prepared[text]).Exec(args...)
	return err
}

func (t *fileTables) Write(tx *sql.Tx, w Writes) error {
	t.outcomes.one, t.outcomes.many = tx.Stmt(t.prepared[putOutcome]), tx.Stmt(t.prepared[putOutcomes])
	for _, r := range w.Records {
		o := r.Outcome
		if err := t.outcomes.add(int64(r.ID), o.State.String(), string(o.Reason), string(o.TargetHash), o.Created, millis(o.ConfirmedAt),
			o.Tried, int64(o.Attempts), int64(o.Code), int64(o.Subcode), o.Message, o.TraceID, millis(o.Started), millis(o.Finished), millis(o.LastSent), o.Creatives); err != nil {
			return err
		}
	}
	if err := t.outcomes.flush(); err != nil {
		return err
	}
	for _, s := range w.Confirmed {
		if err := t.exec(tx, putConfirmed, millis(s.At), s.ID); err != nil {
			return err
		}
	}
	for _, l := range w.Lanes {
		if err := t.exec(tx, putLane, string(l.Account), int(l.Tier), millis(l.ParkedUntil), l.ParkedFor,
			l.Calls, l.Throttles, l.Parked.Milliseconds()); err != nil {
			return err
		}
	}
	for _, s := range w.Samples {
		if err := t.exec(tx, putSample, millis(s.At), s.Settled, s.Failed, s.Parked); err != nil {
			return err
		}
	}
	for _, p := range w.Parks {
		if err := t.exec(tx, addPark, string(p.Account), millis(p.From), millis(p.Until), p.Code, p.Subcode); err != nil {
			return err
		}
	}
	if w.Tally == nil {
		return nil
	}
	text, err := json.Marshal(w.Tally)
	if err != nil {
		return err
	}
	return t.exec(tx, putEntry, "tally", string(text))
}

func (t *fileTables) AddCounts(tx *sql.Tx, rows []RowCount, ops []OpCount) error {
	for _, c := range rows {
		if err := t.exec(tx, addRowCount, c.values()...); err != nil {
			return err
		}
	}
	for _, c := range ops {
		if err := t.exec(tx, addOpCount, c.values()...); err != nil {
			return err
		}
	}
	return nil
}

func (c RowCount) values() []any {
	return []any{c.Verb, string(c.Account), c.First, string(c.FirstReason), c.Del, string(c.DelReason), c.N}
}

func (c OpCount) values() []any {
	return []any{c.Kind, string(c.Lane), c.Others, c.State, c.Blames, c.N, c.Finished}
}

func (t *fileTables) Set(tx *sql.Tx, entries []Entry) error {
	for _, e := range entries {
		var err error
		switch {
		case e.Value == nil:
			err = t.exec(tx, removeEntry, e.Key)
		case e.Keep:
			err = t.exec(tx, keepEntry, e.Key, e.Value)
		default:
			err = t.exec(tx, putEntry, e.Key, e.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *fileTables) Reopen(tx *sql.Tx, countRows, countOps string) error {
	_, err := tx.Exec(`DELETE FROM outcomes WHERE state = 'failed' AND tried = 0;
		UPDATE outcomes SET state = 'pending', reason = '', attempts = 0, code = 0, subcode = 0, message = '', trace = '', finished = 0, creatives = ''
		WHERE state = 'failed';
		DELETE FROM row_counts; DELETE FROM op_counts;
		INSERT INTO row_counts ` + countRows + `; INSERT INTO op_counts ` + countOps)
	return err
}

func (t *fileTables) CutParks(tx *sql.Tx, now, stopped time.Time) error {
	_, err := tx.Exec(`UPDATE lanes AS l SET parked = max(0, parked - min(parked_until, ?1) + ?2) WHERE parked_until > ?2 AND `+imposed+` = 1;
		INSERT INTO parks SELECT account, ?1, max(until), code, subcode FROM parks WHERE until > ?1 AND since < ?1 GROUP BY account;
		UPDATE parks SET until = max(since, ?2) WHERE until > ?2 AND since < ?1`, millis(now), millis(stopped))
	return err
}

// Alive has nothing to ask: the lock of a file is the process's own.
func (t *fileTables) Alive() error              { return nil }
func (t *fileTables) AliveEvery() time.Duration { return 0 }

func (t *fileTables) WriteError(err error) error {
	return fmt.Errorf("write job file %s: %w", t.path, classifyError(t.path, err))
}

func (t *fileTables) Close() error { return t.db.Close() }
