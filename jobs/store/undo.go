package store

import (
	"context"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// Changes reads the operations that changed something, or may have. See
// jobs.Ledger.
func (j *Job) Changes(ctx context.Context, after plan.OpID, n int) ([]jobs.Operation, error) {
	all, err := j.operations(ctx, `SELECT `+j.operationColumns()+` FROM outcomes o JOIN ops p ON p.id = o.op
		WHERE o.op > ? AND (o.created = 1 OR o.tried = 1 OR o.state = 'sent') ORDER BY o.op LIMIT ?`, after, n)
	if err != nil {
		return nil, err
	}
	return all, j.withNeeds(ctx, all)
}

// made are the copies and uploads that brought an image, or may have.
const made = `FROM outcomes o JOIN ops p ON p.id = o.op WHERE p.kind <> 'delete'
	AND (o.created = 1 OR o.state NOT IN ('done', 'skipped') AND (o.tried = 1 OR o.state = 'sent'))`

// Rivals reads the operations of which several brought one image, or may have. See
// jobs.Ledger.
func (j *Job) Rivals(ctx context.Context) ([]jobs.Operation, error) {
	return j.operations(ctx, `SELECT `+j.operationColumns()+` `+made+` AND (p.target, `+landed+`) IN
		(SELECT p.target, `+landed+` `+made+` AND `+landed+` <> '' GROUP BY 1, 2 HAVING count(*) > 1) ORDER BY p.id`)
}

// InDoubt counts the writes whose effect is not known and that may have left since
// the given moment, and says when the last of them did. One that was settled by a
// later try counts, too: the answer to an earlier one may have been lost, and that one
// take effect at last.
func (j *Job) InDoubt(ctx context.Context, since time.Time) (n int, last time.Time, err error) {
	var ms int64
	err = j.read.QueryRowContext(ctx, `SELECT count(*), coalesce(max(o.last_sent), 0) FROM outcomes o
		WHERE (o.state = 'sent' OR o.tried = 1 AND o.state IN ('pending', 'failed') OR o.attempts > 1) AND o.last_sent > ?`, millis(since)).Scan(&n, &ms)
	return n, instant(ms), j.readError(err)
}

// LostHashes counts the copies and uploads of which nobody knows under which hash
// they arrived, if they did: their answers are lost, and the job's other writes do
// not show that images keep their hashes.
func (j *Job) LostHashes(ctx context.Context) (n int, err error) {
	const answered = `FROM ops q JOIN outcomes x ON x.op = q.id WHERE q.kind = 'copy' AND x.target_hash <> ''`
	err = j.read.QueryRowContext(ctx, `SELECT count(*) FROM ops p JOIN outcomes o ON o.op = p.id
		WHERE p.kind <> 'delete' AND (o.state = 'sent' AND o.target_hash = '' OR o.state = 'pending' AND o.tried = 1)
		AND (p.hash = '' OR NOT EXISTS (SELECT 1 `+answered+`) OR EXISTS (SELECT 1 `+answered+` AND x.target_hash <> q.hash))`).Scan(&n)
	return n, j.readError(err)
}

// Dependents reads the operations that wait for the given one. See jobs.Ledger.
func (j *Job) Dependents(ctx context.Context, id plan.OpID) ([]jobs.Operation, error) {
	return j.operations(ctx, `SELECT `+j.operationColumns()+` FROM needs n JOIN ops p ON p.id = n.op
		LEFT JOIN outcomes o ON o.op = p.id WHERE n.need = ? ORDER BY p.id`, id)
}
