package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"adferry/jobs/store"
	"adferry/plan"
)

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
		return pgx.BeginFunc(ctx, c.(*stdlib.Conn).Conn(), func(tx pgx.Tx) (err error) {
			id, loaded, err = create(ctx, tx, name, spec)
			return err
		})
	})
	if err == nil {
		err = lock(ctx, conn, name, id, false)
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
	meta := make([][]any, 0, len(entries))
	for _, e := range entries {
		meta = append(meta, []any{id, e.Key, fmt.Sprint(e.Value)})
	}
	rows := make([][]any, 0, len(loaded.Rows))
	for _, c := range rowCountsOf(loaded.Rows) {
		rows = append(rows, []any{id, c.Verb, c.Account, c.First, c.FirstReason, c.Del, c.DelReason, c.N})
	}
	ops := make([][]any, 0, len(loaded.Ops))
	for _, c := range opCountsOf(loaded.Ops) {
		ops = append(ops, []any{id, c.Kind, c.Lane, c.Others, c.State, c.Blames, c.N, c.Finished})
	}
	if err := errors.Join(
		copyInto(ctx, tx, "meta", []string{"job", "key", "value"}, meta),
		copyInto(ctx, tx, "row_counts", []string{"job", "verb", "account", "first", "first_reason", "del", "del_reason", "n"}, rows),
		copyInto(ctx, tx, "op_counts", []string{"job", "kind", "lane", "others", "state", "blames", "n", "finished"}, ops),
	); err != nil {
		return failed(err)
	}
	if _, err := tx.Exec(ctx, `SELECT adferry.analyze_plan()`); err != nil { // last, because it keeps others from doing so
		return failed(err)
	}
	return id, loaded, nil
}

func copyInto(ctx context.Context, tx pgx.Tx, table string, columns []string, rows [][]any) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"adferry", table}, columns, pgx.CopyFromRows(rows))
	return err
}

// loader is a store.Loader that copies some thousand rows at a time.
type loader struct {
	ctx     context.Context
	tx      pgx.Tx
	job     int32
	table   string
	columns []string
	rows    [][]any
}

// loaderRows is how many rows are copied at a time.
const loaderRows = 5000

var (
	rowColumns  = []string{"job", "line", "verb", "first", "del", "record"}
	opColumns   = []string{"job", "id", "kind", "source", "hash", "target", "file", "lane", "needs", "needed", "guard"}
	needColumns = []string{"job", "op", "need"}
)

func (l *loader) Row(r plan.Row) error {
	return l.add("rows", rowColumns, l.job, int64(r.Line), r.Verb.String(), idOrNull(r.Copy), idOrNull(r.Delete), []byte(r.Record))
}

func (l *loader) Op(o plan.Op) error {
	return l.add("ops", opColumns, l.job, int64(o.ID), o.Kind.String(), string(o.Source), string(o.Hash), string(o.Target), o.File, string(o.Lane()),
		number(o.Needs), number(o.Needed), o.Guard.String())
}

func (l *loader) Need(op, need plan.OpID) error {
	return l.add("needs", needColumns, l.job, int64(op), int64(need))
}

func (l *loader) add(table string, columns []string, values ...any) error {
	if table != l.table || len(l.rows) >= loaderRows {
		if err := l.Flush(); err != nil {
			return err
		}
		l.table, l.columns = table, columns
	}
	l.rows = append(l.rows, values)
	return nil
}

func (l *loader) Flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	err := copyInto(l.ctx, l.tx, l.table, l.columns, l.rows)
	l.rows = l.rows[:0]
	if err != nil {
		return fmt.Errorf("write job: %w", classify(err))
	}
	return nil
}

func idOrNull(id plan.OpID) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}
