package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"adferry/jobs/store"
)

// job is a job of the database, a store.Database.
type job struct {
	texts
	name string
	read *sql.DB
}

func newJob(d *Database, name string, id int32) *job {
	return &job{texts{job: id}, name, d.readers()}
}

func (j *job) Text(query string) string { return j.text(query) }

func (j *job) ReadError(err error) error { return classify(err) }

func (j *job) Damaged(err error) error { return &store.DamagedError{Path: j.name, Err: err} }

// Running asks the database who has the job's lock. A database that cannot be reached runs none.
func (j *job) Running() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var running bool
	err := j.read.QueryRowContext(ctx, `SELECT $2 IN (`+lockedJobs+`)`, int64(lockClass), int64(j.texts.job)).Scan(&running)
	return err == nil && running
}

func (j *job) LockedForLife() bool { return false }

// Set changes meta in a transaction of its own.
func (j *job) Set(ctx context.Context, entries ...store.Entry) error {
	tx, err := j.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}) // several may set the same
	if err == nil {
		defer tx.Rollback()
		if err = set(tx, j.texts.job, entries); err == nil {
			err = tx.Commit()
		}
	}
	if err != nil {
		return fmt.Errorf("steer job: %w", classify(err))
	}
	return nil
}

// Compare has nothing to prepare: both jobs are in one database.
func (j *job) Compare(_ context.Context, _ *sql.Conn, other store.Database) (mine, theirs func(string) string, done func() error, err error) {
	o, ok := other.(*job)
	if !ok {
		return nil, nil, nil, store.ErrElsewhere
	}
	return j.text, o.text, func() error { return nil }, nil
}

// Close does nothing: the lock ends with the connection of the tables.
func (j *job) Close() {}
