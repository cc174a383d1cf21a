package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"adferry/jobs/store"
	"adferry/plan"
)

// commitTime is how long the database may take to commit a new job, whatever ends meanwhile.
const commitTime = 30 * time.Second

// Create makes a job and opens it, locked. It exists only when every row is loaded: a crash or a
// bad manifest leaves no job behind.
func (d *Database) Create(ctx context.Context, name string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	conn, err := d.connect(ctx, writing)
	if err != nil {
		return nil, nil, err
	}
	var id int32
	var loaded store.Loaded
	err = conn.Raw(func(c any) error {
		tx, err := c.(*stdlib.Conn).Conn().Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(context.WithoutCancel(ctx))
		if id, loaded, err = create(ctx, tx, name, spec); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		committing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
		defer cancel()
		return tx.Commit(committing)
	})
	if err == nil { // the job exists
		err = lock(context.WithoutCancel(ctx), conn, name, id, false)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	j := newJob(d, name, id)
	return store.New(j, j.read, newTables(conn, &j.texts, name)), loaded.Plan, nil
}

// create makes the job in a transaction.
func create(ctx context.Context, tx pgx.Tx, name string, spec store.Spec) (id int32, loaded store.Loaded, err error) {
	failed := func(err error) (int32, store.Loaded, error) {
		return 0, loaded, fmt.Errorf("make job %s: %w", name, classify(err))
	}
	// Another process that makes a job of this name has its row until its user agreed to it.
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '3s'`); err != nil {
		return failed(err)
	}
	err = tx.QueryRow(ctx, `INSERT INTO adferry.jobs (name) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id`, name).Scan(&id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, loaded, &jobError{"the database has a job " + name + " already", store.ErrExists}
	case isCode(err, lockNotAvailable):
		return 0, loaded, &jobError{"another process is making job " + name, store.ErrBusy}
	case err != nil:
		return failed(err)
	}
	if _, err := tx.Exec(ctx, `SET LOCAL lock_timeout = 0`); err != nil {
		return failed(err)
	}
	l := &loader{ctx: ctx, tx: tx, job: id}
	if loaded, err = store.Load(ctx, spec, l); err != nil {
		return 0, loaded, err
	}
	if spec.Agree != nil {
		if err := spec.Agree(loaded.Plan); err != nil {
			return 0, loaded, err
		}
	}
	entries, err := spec.Entries(name, loaded.Plan)
	if err != nil {
		return failed(err)
	}
	if err := cmp.Or(
		copyInto(ctx, tx, id, metaTable, entries, func(e store.Entry) []any { return []any{e.Key, fmt.Sprint(e.Value)} }),
		copyInto(ctx, tx, id, rowCountsTable, loaded.Rows, store.RowCount.Values), copyInto(ctx, tx, id, opCountsTable, loaded.Ops, store.OpCount.Values),
	); err != nil {
		return failed(err)
	}
	if _, err := tx.Exec(ctx, `SELECT adferry.analyze_plan()`); err != nil { // last, because it keeps others from doing so
		return failed(err)
	}
	return id, loaded, nil
}

// loader is a store.Loader that copies some thousand rows at a time.
type loader struct {
	ctx   context.Context
	tx    pgx.Tx
	job   int32
	table table
	rows  [][]any
}

// loaderRows is how many rows are copied at a time.
const loaderRows = 5000

func (l *loader) Row(r plan.Row) error {
	values := store.RowValues(r)
	values[len(values)-1] = []byte(r.Record)
	return l.add(rowsTable, values)
}

func (l *loader) Op(o plan.Op) error { return l.add(opsTable, store.OpValues(o)) }

func (l *loader) Need(op, need plan.OpID) error {
	return l.add(needsTable, []any{int64(op), int64(need)})
}

func (l *loader) add(t table, values []any) error {
	if l.table.name != t.name || len(l.rows) >= loaderRows {
		if err := l.Flush(); err != nil {
			return err
		}
		l.table = t
	}
	l.rows = append(l.rows, values)
	return nil
}

func (l *loader) Flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	err := copyInto(l.ctx, l.tx, l.job, l.table, l.rows, func(values []any) []any { return values })
	l.rows = l.rows[:0]
	if err != nil {
		return fmt.Errorf("write job: %w", classify(err))
	}
	return nil
}
