package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"adferry/jobs"
)

// fileTables are the tables of a file of SQLite, for its writer. There is one connection, so that
// its statements are those of the transaction.
type fileTables struct {
	path  string
	check *fileCheck // which the first transaction waits for; nil: the file is checked

	db       *sql.DB // nil until the first transaction
	conn     *sql.Conn
	prepared map[string]*sql.Stmt

	outcomes *bulk
	plain    map[jobs.State]*bulk // outcomes without a reason, and without what went wrong
	counts   *countTables
}

// The statements that write.
const (
	putConfirmed = `UPDATE outcomes SET seen = ? WHERE op = ?`
	putLane      = `INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?, ?)`
	putSample    = `INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)`
	addPark      = `INSERT INTO parks VALUES (?, ?, ?, ?, ?)`
	putEntry     = `INSERT OR REPLACE INTO meta VALUES (?, ?)`
	keepEntry    = `INSERT OR IGNORE INTO meta VALUES (?, ?)`
	removeEntry  = `DELETE FROM meta WHERE key = ?`
)

// open opens the file to write to it, unless it is damaged: even a connection that writes nothing
// may change a file and its log when it is closed.
func (t *fileTables) open(ctx context.Context) error {
	if t.check != nil {
		if err := t.check.wait(); err != nil {
			return err
		}
	}
	return t.connect(ctx)
}

func (t *fileTables) connect(ctx context.Context) (err error) {
	if t.db, err = open(t.path, writeParams); err != nil {
		return fmt.Errorf("open job: %w", err)
	}
	if err := t.prepare(ctx); err != nil {
		_ = t.Close()
		return fmt.Errorf("open job: %w", classifyError(t.path, err))
	}
	return nil
}

func (t *fileTables) prepare(ctx context.Context) (err error) {
	t.prepared = map[string]*sql.Stmt{}
	if t.conn, err = t.db.Conn(ctx); err != nil {
		return err
	}
	for _, text := range []string{countedOps, rowsOfFirsts, rowsOfDeletions, releasedBy, putConfirmed, putLane, putSample, addPark, putEntry, keepEntry, removeEntry} {
		s, err := t.conn.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		t.prepared[text] = s
	}
	const put = `INSERT OR REPLACE INTO outcomes VALUES`
	t.outcomes = newBulk(t.conn, put, rowOf(1+outcomeWidth), ``)
	t.plain = map[jobs.State]*bulk{}
	for _, s := range []jobs.State{jobs.Pending, jobs.Sent, jobs.Done} {
		t.plain[s] = newBulk(t.conn, put, `(?, '`+s.String()+`', '', ?, ?, ?, ?, ?, 0, 0, '', '', ?, ?, ?, '')`, ``)
	}
	t.counts = newCountTables(t.conn)
	return nil
}

func (t *fileTables) Begin() (*sql.Tx, error) {
	ctx := context.Background()
	if t.db == nil {
		if err := t.open(ctx); err != nil {
			return nil, err
		}
	}
	return t.conn.BeginTx(ctx, nil)
}

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

func (t *fileTables) Query(_ *sql.Tx, text string, args ...any) (*sql.Rows, error) {
	return t.prepared[text].Query(args...)
}

func (t *fileTables) exec(text string, args ...any) error {
	_, err := t.prepared[text].Exec(args...)
	return err
}

func (t *fileTables) Write(_ *sql.Tx, w Writes) error {
	if err := t.putOutcomes(w.Records); err != nil {
		return err
	}
	confirmed := func(c jobs.Confirmation) []any { return []any{Millis(c.At), c.ID} }
	err := cmp.Or(execEach(t, putConfirmed, w.Confirmed, confirmed), execEach(t, putLane, w.Lanes, LaneValues),
		execEach(t, putSample, w.Samples, SampleValues), execEach(t, addPark, w.Parks, ParkValues))
	if w.Tally == nil || err != nil {
		return err
	}
	text, err := json.Marshal(w.Tally)
	if err != nil {
		return err
	}
	return t.exec(putEntry, "tally", string(text))
}

// execEach executes a statement with the values of each row.
func execEach[T any](t *fileTables, statement string, all []T, values func(T) []any) error {
	for _, row := range all {
		if err := t.exec(statement, values(row)...); err != nil {
			return err
		}
	}
	return nil
}

func (t *fileTables) putOutcomes(records []jobs.Record) error {
	for _, r := range records {
		o := &r.Outcome
		var err error
		if plain := t.plain[o.State]; plain != nil && o.Reason == "" && o.Code == 0 && o.Subcode == 0 && o.Message == "" && o.TraceID == "" && o.Creatives == "" {
			err = plain.add(int64(r.ID), string(o.TargetHash), o.Created, Millis(o.ConfirmedAt), o.Tried, int64(o.Attempts), Millis(o.Started), Millis(o.Finished), Millis(o.LastSent))
		} else {
			err = t.outcomes.add(OutcomeValues(r)...)
		}
		if err != nil {
			return err
		}
	}
	err := t.outcomes.flush()
	for _, b := range t.plain {
		err = cmp.Or(err, b.flush())
	}
	return err
}

// Release has nothing to note: one process carries out all lanes.
func (t *fileTables) Release(_ *sql.Tx, all []jobs.Released) ([]jobs.Released, error) {
	return all, nil
}

func (t *fileTables) AddCounts(_ *sql.Tx, rows []RowCount, ops []OpCount) error {
	return t.counts.add(rows, ops)
}

func (t *fileTables) Set(_ *sql.Tx, entries []Entry) error {
	for _, e := range entries {
		var err error
		switch {
		case e.Value == nil:
			err = t.exec(removeEntry, e.Key)
		case e.Keep:
			err = t.exec(keepEntry, e.Key, e.Value)
		default:
			err = t.exec(putEntry, e.Key, e.Value)
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
		UPDATE parks SET until = max(since, ?2) WHERE until > ?2 AND since < ?1`, Millis(now), Millis(stopped))
	return err
}

// Alive has nothing to ask: the lock of a file is the process's own.
func (t *fileTables) Alive() error              { return nil }
func (t *fileTables) AliveEvery() time.Duration { return 0 }

// Held is for as long as the process lives.
func (t *fileTables) Held() (asked, until time.Time, err error) { return asked, until, nil }

func (t *fileTables) WriteError(err error) error {
	if t.db == nil { // it could not be opened
		return err
	}
	return fmt.Errorf("write job file %s: %w", t.path, classifyError(t.path, err))
}

// Close ends the check, if it is going on, and closes the statements first: SQLite keeps a file open that they belong to.
func (t *fileTables) Close() error {
	if t.check != nil {
		t.check.stop()
	}
	for _, s := range t.prepared {
		s.Close()
	}
	for _, b := range append(slices.Collect(maps.Values(t.plain)), t.outcomes) {
		if b != nil {
			b.close()
		}
	}
	if t.counts != nil {
		t.counts.close()
	}
	if t.conn != nil {
		_ = t.conn.Close() // gives it back to the database, which closes it
	}
	if t.db == nil {
		return nil
	}
	err := t.db.Close()
	t.db = nil
	return err
}
