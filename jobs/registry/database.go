package registry

import (
	"context"

	"adferry/graph"
	"adferry/jobs/store"
)

// Compare compares a job of a database, which this process has locked and whose writes are about
// to be sent, with another job there. If they conflict, the error is a [ConflictError]. Of s it
// takes Name, Endpoint and Reopen.
//
// All jobs of a database that were ever started and are unfinished count, whoever started them.
// Two that start at the same time are locked before either is compared, so at least one of them
// is refused.
func Compare(ctx context.Context, job *store.Job, s Start, other *store.Job) error {
	theirs, err := other.Meta(ctx)
	if err != nil {
		return err
	}
	started := !theirs.Running.IsZero() || other.Running()
	if theirs.Name == s.Name || theirs.Sandbox || !started || !graph.SameAddress(theirs.Endpoint, s.Endpoint) {
		return nil
	}
	left, err := other.Unfinished(ctx)
	if err != nil || !left {
		return err
	}
	found, err := job.FindConflict(ctx, other, store.ConflictOptions{Reopen: s.Reopen})
	if err != nil || found == nil {
		return err
	}
	return &ConflictError{Mine: s.Name, Other: theirs.Name, InDatabase: true, Conflict: found}
}
