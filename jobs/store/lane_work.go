package store

import (
	"context"
	"slices"

	"adferry/plan"
)

// HasWork reports whether a lane has operations that are not settled.
func (j *Job) HasWork(ctx context.Context, lane plan.Account) (left bool, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT count(*) > 0 FROM op_counts WHERE lane = ? AND n > 0 AND state IN (`+openStates+`)`, string(lane)).Scan(&left)
	return left, j.readError(err)
}

// Reads returns the ad accounts that unsettled operations of a lane are read in, besides the
// lane's.
func (j *Job) Reads(ctx context.Context, lane plan.Account) (all []plan.Account, err error) {
	classes, err := allRows(ctx, j.read, func(c *opClass) []any { return []any{&c.others} }, `SELECT DISTINCT others FROM op_counts WHERE lane = ? AND n > 0 AND state IN (`+openStates+`)`, string(lane))
	for _, c := range classes {
		all = append(all, c.otherAccounts()...)
	}
	slices.Sort(all)
	return slices.Compact(all), j.readError(err)
}
