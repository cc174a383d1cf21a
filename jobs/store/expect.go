package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"adferry/jobs"
	"adferry/plan"
)

// Expectations are what the settled operations of a job leave to be expected of
// images, as of the moment they were drawn up. They live in a temporary table of
// one connection: the job file stays as it is, and memory flat.
type Expectations struct {
	job  *Job
	conn *sql.Conn
}

// landed is the hash under which a copy or upload p with outcome o is in its
// target.
const landed = `coalesce(nullif(o.target_hash, ''), p.hash)`

// passedOn is the hash of the image that a delete d takes away: in a chain, the one
// that the copy before it got.
const passedOn = `coalesce((SELECT ` + landed + ` FROM needs n JOIN ops p ON p.id = n.need JOIN outcomes o ON o.op = p.id
	WHERE n.op = d.id AND p.kind = 'copy' AND p.target = d.source AND o.state IN ('done', 'skipped')), d.hash)`

// The table is filled with what is there, then with what was taken away again,
// each in its order, which is faster; then it loses what a running or stopped job
// may be about to take away, of which nothing can be expected.
var expectation = [...]string{
	`CREATE TEMP TABLE expected (account TEXT, hash TEXT, present INTEGER, at INTEGER, line INTEGER, PRIMARY KEY (account, hash)) WITHOUT ROWID`,

	`INSERT INTO expected SELECT p.target, ` + landed + ` AS hash, 1, max(o.finished, o.seen), r.line
	FROM rows r JOIN ops p ON p.id = r.first JOIN outcomes o ON o.op = p.id
	WHERE p.kind IN ('copy', 'upload') AND o.state IN ('done', 'skipped') AND ` + landed + ` <> ''
	ORDER BY 1, 2
	ON CONFLICT DO UPDATE SET at = max(at, excluded.at), line = min(line, excluded.line)`,

	`INSERT INTO expected SELECT d.source, ` + passedOn + ` AS hash, 0, o.finished, r.line
	FROM rows r JOIN ops d ON d.id = r.del JOIN outcomes o ON o.op = d.id
	WHERE o.state IN ('done', 'skipped') AND o.reason <> '` + string(jobs.NotCreatedHere) + `'
	ORDER BY 1, 2
	ON CONFLICT DO UPDATE SET present = 0, at = excluded.at, line = excluded.line`,

	`DELETE FROM expected WHERE present = 1 AND (account, hash) IN (SELECT d.source, ` + passedOn + `
	FROM ops d LEFT JOIN outcomes o ON o.op = d.id WHERE d.kind = 'delete' AND ` + unsettled + `)`,
}

// Expect draws up what the job's settled operations leave to be expected.
func (j *Job) Expect(ctx context.Context) (*Expectations, error) {
	conn, err := j.read.Conn(ctx)
	if err != nil {
		return nil, j.readError(err)
	}
	if err := drawUp(ctx, conn); err != nil {
		return nil, errors.Join(j.readError(err), conn.Close())
	}
	return &Expectations{j, conn}, nil
}

// drawUp fills the table, all from one moment of the job: what settles between two
// statements would be counted by one and not by the other.
func drawUp(ctx context.Context, conn *sql.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range expectation {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Close lets go of the table.
func (e *Expectations) Close() error {
	_, err := e.conn.ExecContext(context.Background(), `DROP TABLE expected`)
	return errors.Join(err, e.conn.Close())
}

// Accounts are the ad accounts with any expectation. See jobs.Expected.
func (e *Expectations) Accounts(ctx context.Context) ([]plan.Account, error) {
	rows, err := e.conn.QueryContext(ctx, `SELECT DISTINCT account FROM expected ORDER BY length(account), account`)
	if err != nil {
		return nil, e.job.readError(err)
	}
	defer rows.Close()
	var all []plan.Account
	for rows.Next() {
		var a plan.Account
		if err := rows.Scan(&a); err != nil {
			return nil, e.job.readError(err)
		}
		all = append(all, a)
	}
	return all, e.job.readError(rows.Err())
}

// Count is how many expectations there are. See jobs.Expected.
func (e *Expectations) Count(ctx context.Context) (n int, err error) {
	err = e.conn.QueryRowContext(ctx, `SELECT count(*) FROM expected`).Scan(&n)
	return n, e.job.readError(err)
}

// expectPage is how many expectations are read at a time: there may be a page of
// them for each of many accounts.
const expectPage = 200

// Of streams the expectations of an account, ordered by hash. See jobs.Expected.
func (e *Expectations) Of(ctx context.Context, a plan.Account) iter.Seq2[jobs.Expectation, error] {
	return func(yield func(jobs.Expectation, error) bool) {
		for hash := plan.Hash(""); ; {
			page, err := e.page(ctx, a, hash)
			if err != nil {
				yield(jobs.Expectation{}, err)
				return
			}
			for _, x := range page {
				if !yield(x, nil) {
					return
				}
			}
			if len(page) < expectPage {
				return
			}
			hash = page[len(page)-1].Hash
		}
	}
}

func (e *Expectations) page(ctx context.Context, a plan.Account, after plan.Hash) ([]jobs.Expectation, error) {
	rows, err := e.conn.QueryContext(ctx, `SELECT hash, present, at, line FROM expected WHERE account = ? AND hash > ? ORDER BY hash LIMIT ?`,
		string(a), string(after), expectPage)
	if err != nil {
		return nil, e.job.readError(err)
	}
	defer rows.Close()
	page := make([]jobs.Expectation, 0, expectPage)
	for rows.Next() {
		x := jobs.Expectation{Account: a}
		var at int64
		if err := rows.Scan(&x.Hash, &x.Present, &at, &x.Line); err != nil {
			return nil, e.job.readError(fmt.Errorf("expectations: %w", err))
		}
		x.At = instant(at)
		page = append(page, x)
	}
	return page, e.job.readError(rows.Err())
}
