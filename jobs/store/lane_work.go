package store

import (
	"context"

	"adferry/plan"
)

// HasWork reports whether a lane has operations that are not settled.
func (j *Job) HasWork(ctx context.Context, lane plan.Account) (left bool, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT count(*) > 0 FROM op_counts WHERE lane = ? AND n > 0 AND state IN (`+OpenStates+`)`, string(lane)).Scan(&left)
	return left, j.readError(err)
}

// DeletesLeft is how many deletes of a lane are not settled.
func (j *Job) DeletesLeft(ctx context.Context, lane plan.Account) (n int, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT coalesce(sum(n), 0) FROM op_counts WHERE kind = 'delete' AND lane = ? AND state IN (`+OpenStates+`)`, string(lane)).Scan(&n)
	return n, j.readError(err)
}
