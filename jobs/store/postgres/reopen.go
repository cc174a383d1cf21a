package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"adferry/jobs/board"
	"adferry/jobs/store"
)

const (
	// reopenEvery is how long Reopen waits before it tries again.
	reopenEvery = time.Second

	// lockPatience is how long after a connection was lost PostgreSQL may still hold its lock,
	// with room: 25 s, see writing.
	lockPatience = 40 * time.Second
)

// IsLost reports whether an error means that the connection to the database was lost, or a worker's
// lease, so that the job can be opened again once it can be reached; a worker whose clock is set may
// join again, too.
func IsLost(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && isPassing(e.Code) { // River's, which nobody classified
		return true
	}
	return errors.As(err, new(*UnavailableError)) || errors.As(err, new(*pgconn.ConnectError)) || errors.As(err, new(*ClockError)) || errors.Is(err, ErrLockLost) || errors.Is(err, board.ErrLeaseLost)
}

// Reopen opens a job to run it after the connection was lost, as soon as the database can be
// reached. It returns ctx's cause when ctx ends before that, and store.ErrLocked if another
// process runs the job by then.
func (d *Database) Reopen(ctx context.Context, name string) (*store.Job, error) {
	var locked time.Time // since when
	for {
		job, err := d.Open(ctx, name)
		switch {
		case err == nil:
			return job, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case IsLost(err):
			locked = time.Time{}
		case !errors.Is(err, store.ErrLocked):
			return nil, err
		case locked.IsZero():
			locked = time.Now()
		case time.Since(locked) > lockPatience:
			return nil, err
		}
		select {
		case <-time.After(reopenEvery):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
