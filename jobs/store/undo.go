package store

import (
	"context"

	"adferry/jobs"
	"adferry/plan"
)

// Changes reads the operations that changed something, or may have. See
// jobs.Ledger.
func (j *Job) Changes(ctx context.Context, after plan.OpID, n int) ([]jobs.Operation, error) {
	all, err := j.operations(ctx, `SELECT `+operationColumns+` FROM outcomes o JOIN ops p ON p.id = o.op
		WHERE o.op > ? AND (o.created = 1 OR o.attempts > 0 OR o.state = 'sent') ORDER BY o.op LIMIT ?`, after, n)
	if err != nil {
		return nil, err
	}
	return all, j.withNeeds(ctx, all)
}

// Dependents reads the operations that wait for the given one. See jobs.Ledger.
func (j *Job) Dependents(ctx context.Context, id plan.OpID) ([]jobs.Operation, error) {
	return j.operations(ctx, `SELECT `+operationColumns+` FROM needs n JOIN ops p ON p.id = n.op
		LEFT JOIN outcomes o ON o.op = p.id WHERE n.need = ? ORDER BY p.id`, id)
}
