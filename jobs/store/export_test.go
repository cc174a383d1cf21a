package store

import (
	"context"
	"strings"

	"modernc.org/sqlite"
)

// Miscounted lists the counts of the job that differ from its rows and operations, of all that
// there are. Those of nothing are as good as none.
func (j *Job) Miscounted(ctx context.Context) (wrong []string, err error) {
	for table, c := range map[string]struct{ columns, counted string }{
		"row_counts": {`*`, countRows},
		"op_counts":  {`kind, lane, others, state, blames, n`, countOps}, // finished may be a time of one that was reopened
	} {
		kept, counted := `SELECT `+c.columns+` FROM `+table+` WHERE n > 0`, `SELECT `+c.columns+` FROM (`+c.counted+`)`
		for sign, query := range map[string]string{"+": kept + ` EXCEPT ` + counted, "-": counted + ` EXCEPT ` + kept} {
			rows, err := j.read.QueryContext(ctx, query)
			if err != nil {
				return nil, err
			}
			defer rows.Close()
			for rows.Next() {
				columns, err := rows.Columns()
				if err != nil {
					return nil, err
				}
				values := make([]string, len(columns))
				into := make([]any, len(columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return nil, err
				}
				wrong = append(wrong, table+" "+sign+" "+strings.Join(values, "|"))
			}
			if err := rows.Err(); err != nil {
				return nil, err
			}
		}
	}
	return wrong, nil
}

// RowsWritten is how many rows of tables the writer has inserted, changed or deleted.
func (j *Job) RowsWritten(ctx context.Context) (n int, err error) {
	err = j.writer.tables.(*fileTables).conn.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&n)
	return n, err
}

// PagesRead is how many pages of the file SQLite looks at while f reads the job.
func (j *Job) PagesRead(ctx context.Context, f func() error) (pages int, err error) {
	j.read.SetMaxOpenConns(1) // whose counters these are
	if err := f(); err != nil {
		return 0, err
	}
	if _, err := j.pageCounters(ctx, true); err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	return j.pageCounters(ctx, false)
}

func (j *Job) pageCounters(ctx context.Context, reset bool) (pages int, err error) {
	conn, err := j.read.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		for _, op := range []sqlite.DBStatusOp{sqlite.DBStatusCacheHit, sqlite.DBStatusCacheMiss} {
			n, _, err := c.(sqlite.DBStatus).Status(op, reset)
			if err != nil {
				return err
			}
			pages += n
		}
		return nil
	})
	return pages, err
}

// Over makes a job of the tables of this one, which is then used no more, with others over them.
func (j *Job) Over(over func(Tables) Tables) *Job {
	return New(j.db, j.read.DB, over(j.writer.tables))
}

// Ahead makes a job of this one, which is then used no more, whose check finds what comes from a
// channel.
func (j *Job) Ahead(found <-chan error) *Job {
	c := &fileCheck{cancel: func() {}, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		c.err = <-found
	}()
	f := j.db.(*file)
	ahead := New(f, f.read, &fileTables{path: f.path, check: c})
	ahead.check = c
	return ahead
}
