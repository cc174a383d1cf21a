package store

import (
	"context"
	"iter"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// Changes streams the operations that changed something or may have. See undo.Ledger.
func (j *Job) Changes(ctx context.Context) iter.Seq2[jobs.Operation, error] {
	const page = 1000
	return pages(page, func(after jobs.Operation) ([]jobs.Operation, error) {
		all, err := j.operations(ctx, `SELECT `+operationColumns+` FROM outcomes o JOIN ops p ON p.id = o.op
			WHERE o.op > ? AND (o.created = 1 OR o.tried = 1 OR o.state = 'sent') ORDER BY o.op LIMIT ?`, after.ID, page)
		if err != nil {
			return nil, err
		}
		return all, j.withNeeds(ctx, all)
	})
}

// createdImages selects the copies and uploads that created an image, or may have.
const createdImages = `FROM outcomes o JOIN ops p ON p.id = o.op WHERE p.kind <> 'delete'
	AND (o.created = 1 OR o.state NOT IN ('done', 'skipped') AND (o.tried = 1 OR o.state = 'sent'))`

// Rivals reads the operations of which several created the same image, or may have. See
// undo.Ledger.
func (j *Job) Rivals(ctx context.Context) ([]jobs.Operation, error) {
	return j.operations(ctx, `SELECT `+operationColumns+` `+createdImages+` AND (p.target, `+targetHash+`) IN
		(SELECT p.target, `+targetHash+` `+createdImages+` AND `+targetHash+` <> '' GROUP BY 1, 2 HAVING count(*) > 1) ORDER BY p.id`)
}

// InDoubt returns the number of writes since a time whose effect is unknown, and when the
// last of them was sent. Writes that needed several attempts count, too, because an
// earlier attempt whose answer was lost may still take effect.
func (j *Job) InDoubt(ctx context.Context, since time.Time) (n int, last time.Time, err error) {
	var ms int64
	err = j.read.QueryRowContext(ctx, `SELECT count(*), coalesce(max(o.last_sent), 0) FROM outcomes o
		WHERE (o.state = 'sent' OR o.tried = 1 AND o.state IN ('pending', 'failed') OR o.attempts > 1) AND o.last_sent > ?`, Millis(since)).Scan(&n, &ms)
	return n, TimeOf(ms), j.readError(err)
}

// LostHashes returns the number of copies and uploads whose hash in the target is unknown:
// their answers were lost, and the answers to the job's other copies do not show that
// images keep their hashes.
func (j *Job) LostHashes(ctx context.Context) (n int, err error) {
	const answered = `FROM ops q JOIN outcomes x ON x.op = q.id WHERE q.kind = 'copy' AND x.target_hash <> ''`
	err = j.read.QueryRowContext(ctx, `SELECT count(*) FROM ops p JOIN outcomes o ON o.op = p.id
		WHERE p.kind <> 'delete' AND (o.state = 'sent' AND o.target_hash = '' OR o.state = 'pending' AND o.tried = 1)
		AND (p.hash = '' OR NOT EXISTS (SELECT 1 `+answered+`) OR EXISTS (SELECT 1 `+answered+` AND x.target_hash <> q.hash))`).Scan(&n)
	return n, j.readError(err)
}

// Dependents reads the operations that wait for an operation. See undo.Ledger.
func (j *Job) Dependents(ctx context.Context, id plan.OpID) ([]jobs.Operation, error) {
	return j.operations(ctx, `SELECT `+operationColumns+` FROM needs n JOIN ops p ON p.id = n.op
		LEFT JOIN outcomes o ON o.op = p.id WHERE n.need = ? ORDER BY p.id`, id)
}
