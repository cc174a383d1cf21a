package store

import (
	"context"
	"database/sql"
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

// SharedTables are tables of a job that several processes write, each of them the operations of
// its lanes. A process changes operations of another's lane only once they are settled.
type SharedTables interface {
	Tables
	// Lock has the transaction wait for all others that change one of the operations, or that may
	// release one which waits for it. Whoever comes later sees what this transaction wrote.
	Lock(tx *sql.Tx, ops []plan.OpID) error
}

func sharedTables(t Tables) (SharedTables, bool) {
	shared, ok := t.(SharedTables)
	return shared, ok
}

// seenByOthers are the operations that processes with other lanes may change, too, or have waited
// for.
func (w Writes) seenByOthers() (all []plan.OpID) {
	for _, r := range w.Records {
		if r.Needed && r.Outcome.State.Settled() {
			all = append(all, r.ID)
		}
	}
	for _, c := range w.Confirmed {
		all = append(all, c.ID)
	}
	slices.Sort(all)
	return all
}

// countAll makes samples those of the whole job.
func (w *writer) countAll(tx *sql.Tx, samples []jobs.Sample) error {
	if len(samples) == 0 {
		return nil
	}
	var t opTotals
	rows, err := w.tables.Query(tx, totalsOfOps+`op_counts WHERE n > 0`)
	err = eachRow(rows, err, func(scan func(...any) error) error { return scan(t.columns()...) })
	for i := range samples {
		samples[i].Settled, samples[i].Failed = t.settled, t.failed
	}
	return err
}

// InTransaction does something in a transaction of the process that writes the job.
func (j *Job) InTransaction(do func(*sql.Tx) error) error { return j.writer.alter(do) }

// Progress is how far the job is.
func (j *Job) Progress(ctx context.Context) (jobs.Progress, error) {
	t, err := j.opTotals(ctx)
	return jobs.Progress{Operations: t.operations, Settled: t.settled, Failed: t.failed}, err
}

// Reads returns the ad accounts that unsettled operations of a lane are read in, and witnesses of its
// deletions, besides the lane's.
func (j *Job) Reads(ctx context.Context, lane plan.Account) (all []plan.Account, err error) {
	classes, err := j.classes(ctx, ` WHERE lane = ? AND n > 0 AND state IN (`+OpenStates+`)`, string(lane))
	if err != nil {
		return nil, err
	}
	for _, c := range classes {
		all = append(all, c.otherAccounts()...)
	}
	witnesses, err := j.witnesses(ctx, ` AND lane = ?`, string(lane))
	for _, w := range witnesses {
		all = append(all, w.account)
	}
	slices.Sort(all)
	return slices.Compact(all), err
}
