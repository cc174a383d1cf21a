package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// maxMerged is how many requests one transaction may have.
const maxMerged = 512

// errClosed means that the job was closed before the change was written.
var errClosed = errors.New("the job is closed")

// writer is the goroutine that writes. It merges the changes that arrive
// while the disk is busy into one durable transaction.
type writer struct {
	db     *sql.DB
	path   string
	queue  chan *request
	closed chan struct{} // no more requests
	ended  chan struct{} // the goroutine has ended
	once   sync.Once

	outcome, manyOutcomes, seen, lane, sample, park, tally, released *sql.Stmt

	counter  *counter
	outcomes bulk
}

// request is one caller's change, or a single statement.
type request struct {
	change   jobs.Change
	sql      string
	args     []any
	released []jobs.Released
	done     chan error
}

func newWriter(path string) (*writer, error) {
	db, err := open(path, writeParams)
	if err != nil {
		return nil, fmt.Errorf("open job: %w", err)
	}
	db.SetMaxOpenConns(1)
	w := &writer{db: db, path: path, queue: make(chan *request, maxMerged), closed: make(chan struct{}), ended: make(chan struct{}), outcomes: bulk{width: 1 + outcomeWidth}}
	prepare := func(into **sql.Stmt, text string) (err error) {
		*into, err = db.Prepare(text)
		return err
	}
	w.counter, err = newCounter(prepare)
	for _, s := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&w.outcome, insertRows(`INSERT OR REPLACE`, `outcomes`, 1+outcomeWidth, 1)},
		{&w.manyOutcomes, insertRows(`INSERT OR REPLACE`, `outcomes`, 1+outcomeWidth, bulkRows)},
		{&w.seen, `UPDATE outcomes SET seen = ? WHERE op = ?`},
		{&w.lane, `INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?, ?)`},
		{&w.sample, `INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?)`},
		{&w.park, `INSERT INTO parks VALUES (?, ?, ?, ?, ?)`},
		{&w.tally, `INSERT OR REPLACE INTO meta VALUES ('tally', ?)`},
		{&w.released, `SELECT d.op, p.lane FROM needs d JOIN ops p ON p.id = d.op WHERE d.need = ?
			AND NOT EXISTS (SELECT 1 FROM needs n LEFT JOIN outcomes o ON o.op = n.need
				WHERE n.op = d.op AND ` + unsettled + `)`},
	} {
		if err == nil {
			err = prepare(s.stmt, s.text)
		}
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open job: %w", classifyError(path, err))
	}
	go w.run()
	return w, nil
}

// Commit makes the change durable. See jobs.Checkpoint.
func (j *Job) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	r := &request{change: c}
	err := j.writer.do(ctx, r)
	return r.released, err
}

func (w *writer) exec(ctx context.Context, text string, args ...any) error {
	return w.do(ctx, &request{sql: text, args: args})
}

// do sends the request to the writer and waits until it is on disk. It ignores the
// context, because a change must be completed.
func (w *writer) do(_ context.Context, r *request) error {
	r.done = make(chan error, 1)
	select {
	case w.queue <- r:
	case <-w.closed:
		return errClosed
	}
	select {
	case err := <-r.done:
		return err
	case <-w.ended:
		select {
		case err := <-r.done:
			return err
		default:
			return errClosed
		}
	}
}

func (w *writer) close() error {
	w.once.Do(func() { close(w.closed) })
	<-w.ended
	return w.db.Close()
}

// run writes requests until the job is closed. After an error it refuses all others.
func (w *writer) run() {
	defer close(w.ended)
	var failed error
	for {
		var batch []*request
		select {
		case r := <-w.queue:
			batch = append(batch, r)
		case <-w.closed:
			select { // requests from before the close are still written
			case r := <-w.queue:
				batch = append(batch, r)
			default:
				return
			}
		}
		runtime.Gosched() // whoever is about to send a request does so: a quarter of the transactions are left
		for len(batch) < maxMerged {
			select {
			case r := <-w.queue:
				batch = append(batch, r)
				continue
			default:
			}
			break
		}
		if failed == nil {
			if err := w.transact(batch); err != nil {
				failed = fmt.Errorf("write job file %s: %w", w.path, classifyError(w.path, err))
			}
		}
		for _, r := range batch {
			if failed != nil {
				r.released = nil
			}
			r.done <- failed
		}
	}
}

// transact applies the requests in one transaction.
func (w *writer) transact(batch []*request) error {
	tx, err := w.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, r := range batch {
		if r.sql != "" {
			if err := w.execute(tx, r); err != nil {
				return err
			}
			continue
		}
		if err := w.apply(tx, r.change); err != nil {
			return err
		}
	}
	if err := w.counter.flush(tx); err != nil {
		return err
	}
	// Only now have all outcomes of the transaction been written.
	released := map[plan.OpID]bool{}
	for _, r := range batch {
		for _, rec := range r.change.Records {
			if rec.Needed && rec.Outcome.State.Settled() {
				if err := w.release(tx, rec.ID, r, released); err != nil {
					return err
				}
			}
		}
	}
	return tx.Commit()
}

// execute executes the single statement of a request. It may change what the counter knows, and
// count anew.
func (w *writer) execute(tx *sql.Tx, r *request) error {
	if err := w.counter.flush(tx); err != nil {
		return err
	}
	w.counter.forget()
	_, err := tx.Exec(r.sql, r.args...)
	return err
}

func (w *writer) apply(tx *sql.Tx, c jobs.Change) error {
	if err := w.counter.count(tx, c.Records); err != nil {
		return err
	}
	if err := w.writeOutcomes(tx, c.Records); err != nil {
		return err
	}
	for _, s := range c.Confirmed {
		if _, err := tx.Stmt(w.seen).Exec(millis(s.At), s.ID); err != nil {
			return err
		}
	}
	for _, l := range c.Lanes {
		if _, err := tx.Stmt(w.lane).Exec(string(l.Account), int(l.Tier), millis(l.ParkedUntil), l.ParkedFor,
			l.Calls, l.Throttles, l.Parked.Milliseconds()); err != nil {
			return err
		}
	}
	if s := c.Sample; s != nil {
		if _, err := tx.Stmt(w.sample).Exec(millis(s.At), s.Settled, s.Failed, s.Parked); err != nil {
			return err
		}
	}
	for _, p := range c.Parks {
		if _, err := tx.Stmt(w.park).Exec(string(p.Account), millis(p.From), millis(p.Until), p.Code, p.Subcode); err != nil {
			return err
		}
	}
	if c.Tally == nil {
		return nil
	}
	text, err := json.Marshal(c.Tally)
	if err == nil {
		_, err = tx.Stmt(w.tally).Exec(string(text))
	}
	return err
}

// writeOutcomes writes records in their order: of two for one operation, the later one counts.
func (w *writer) writeOutcomes(tx *sql.Tx, records []jobs.Record) error {
	w.outcomes.one, w.outcomes.many = tx.Stmt(w.outcome), tx.Stmt(w.manyOutcomes)
	for _, r := range records {
		o := r.Outcome
		if err := w.outcomes.add(int64(r.ID), o.State.String(), string(o.Reason), string(o.TargetHash), o.Created, millis(o.ConfirmedAt),
			o.Tried, int64(o.Attempts), int64(o.Code), int64(o.Subcode), o.Message, o.TraceID, millis(o.Started), millis(o.Finished), millis(o.LastSent), o.Creatives); err != nil {
			return err
		}
	}
	return w.outcomes.flush()
}

// release adds the operations to the request that waited for need and no longer wait for
// any other. Those in released are left out.
func (w *writer) release(tx *sql.Tx, need plan.OpID, r *request, released map[plan.OpID]bool) error {
	rows, err := tx.Stmt(w.released).Query(need)
	return eachRow(rows, err, func(scan func(...any) error) error {
		var free jobs.Released
		if err := scan(&free.ID, &free.Lane); err != nil {
			return err
		}
		if !released[free.ID] {
			released[free.ID] = true
			r.released = append(r.released, free)
		}
		return nil
	})
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
