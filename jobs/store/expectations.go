package store

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"adferry/jobs"
	"adferry/plan"
)

// Expectations say where each image must be after the settled operations of a job, as of the
// moment when they were computed. They are in a temporary table of one connection, so that
// they change neither the job file nor need memory.
type Expectations struct {
	job  *Job
	conn readingConn
}

// targetHash is the hash under which a copy or upload p with outcome o is in its target.
const targetHash = `coalesce(nullif(o.target_hash, ''), p.hash)`

// deletedHash is the hash of the image that a delete d removes: in a chain, the one that the
// copy before it got.
const deletedHash = `coalesce((SELECT ` + targetHash + ` FROM needs n JOIN ops p ON p.id = n.need JOIN outcomes o ON o.op = p.id
	WHERE n.op = d.id AND p.kind = 'copy' AND p.target = d.source AND o.state IN ('done', 'skipped')), d.hash)`

// expectationStatements fill the table: first with the images that were copied or uploaded,
// then with those that were deleted, each in order, which is faster. Finally they remove
// images that a delete of the job may still remove, about which nothing can be expected.
var expectationStatements = [...]string{
	`CREATE TEMP TABLE expected (account TEXT, hash TEXT, present INTEGER, at BIGINT, line BIGINT, PRIMARY KEY (account, hash)) WITHOUT ROWID`,

	`INSERT INTO expected SELECT p.target, ` + targetHash + ` AS hash, 1, max(CASE WHEN o.seen > o.finished THEN o.seen ELSE o.finished END), min(r.line)
	FROM rows r JOIN ops p ON p.id = r.first JOIN outcomes o ON o.op = p.id
	WHERE p.kind IN ('copy', 'upload') AND o.state IN ('done', 'skipped') AND ` + targetHash + ` <> ''
	GROUP BY 1, 2 ORDER BY 1, 2`,

	`INSERT INTO expected SELECT d.source, ` + deletedHash + ` AS hash, 0, max(o.finished), max(r.line)
	FROM rows r JOIN ops d ON d.id = r.del JOIN outcomes o ON o.op = d.id
	WHERE o.state IN ('done', 'skipped') AND o.reason <> '` + string(jobs.NotCreatedHere) + `'
	GROUP BY 1, 2 ORDER BY 1, 2
	ON CONFLICT (account, hash) DO UPDATE SET present = 0, at = excluded.at, line = excluded.line`,

	`DELETE FROM expected WHERE present = 1 AND (account, hash) IN (SELECT d.source, ` + deletedHash + `
	FROM ops d LEFT JOIN outcomes o ON o.op = d.id WHERE d.kind = 'delete' AND ` + unsettled + `)`,
}

// Expectations computes where each image must be after the job's settled operations. Close
// the result when done.
func (j *Job) Expectations(ctx context.Context) (*Expectations, error) {
	conn, err := j.read.Conn(ctx)
	if err != nil {
		return nil, j.readError(err)
	}
	if err := buildExpectations(ctx, conn, j.db.Text); err != nil {
		return nil, errors.Join(j.readError(err), conn.Close())
	}
	return &Expectations{j, readingConn{conn, j.db.Text}}, nil
}

// buildExpectations fills the table in one transaction, so that all statements see the same
// state of the job.
func buildExpectations(ctx context.Context, conn *sql.Conn, text func(string) string) error {
	return inTransaction(ctx, conn, func(tx *sql.Tx) error {
		for _, statement := range expectationStatements {
			if _, err := tx.ExecContext(ctx, text(statement)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Close drops the table.
func (e *Expectations) Close() error {
	_, err := e.conn.ExecContext(context.Background(), `DROP TABLE expected`)
	return errors.Join(err, e.conn.Close())
}

// Accounts returns the ad accounts with expectations. See jobs.Expected.
func (e *Expectations) Accounts(ctx context.Context) ([]plan.Account, error) {
	all, err := allRows(ctx, e.conn, self[plan.Account], `SELECT account FROM expected GROUP BY account ORDER BY length(account), account`)
	return all, e.job.readError(err)
}

// Count returns the number of expectations. See jobs.Expected.
func (e *Expectations) Count(ctx context.Context) (n int, err error) {
	err = e.conn.QueryRowContext(ctx, `SELECT count(*) FROM expected`).Scan(&n)
	return n, e.job.readError(err)
}

// expectPage is how many expectations are read at a time. Many accounts may have a page
// in memory at once.
const expectPage = 200

// Of streams the expectations of an account, ordered by hash. See jobs.Expected.
func (e *Expectations) Of(ctx context.Context, a plan.Account) iter.Seq2[jobs.Expectation, error] {
	into := func(x *jobs.Expectation) []any { return []any{&x.Account, &x.Hash, &x.Present, moment{&x.At}, &x.Line} }
	return pages(expectPage, func(after jobs.Expectation) ([]jobs.Expectation, error) {
		page, err := allRows(ctx, e.conn, into, `SELECT account, hash, present, at, line FROM expected WHERE account = ? AND hash > ? ORDER BY hash LIMIT ?`,
			string(a), string(after.Hash), expectPage)
		return page, e.job.readError(err)
	})
}
