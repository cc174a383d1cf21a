package store

import (
	"context"
	"database/sql"
	"time"

	"adferry/jobs"
)

// Steering is what the commands pause and tune set. It is stored with the job.
type Steering struct {
	PausedAt time.Time // since when the job is paused; zero: it is not
	jobs.Tuning
}

// Steering reads the current steering.
func (j *Job) Steering(ctx context.Context) (Steering, error) {
	m, err := j.Meta(ctx)
	return m.Steering, err
}

// Pause makes the process that runs the job stop sending until Unpause. It does not change
// an earlier pause.
func (j *Job) Pause(ctx context.Context) error {
	return j.set(ctx, Entry{Key: "paused_at", Value: Millis(time.Now()), Keep: true})
}

// Unpause makes the job go on.
func (j *Job) Unpause(ctx context.Context) error {
	return j.set(ctx, Entry{Key: "paused_at"})
}

// Tune sets the job's workers and rate. A nil value means that of the process's options.
func (j *Job) Tune(ctx context.Context, t jobs.Tuning) error {
	return j.set(ctx, Entry{Key: "workers", Value: valueOf(t.Workers)}, Entry{Key: "max_rate", Value: valueOf(t.MaxRate)})
}

// valueOf is nil for a nil pointer.
func valueOf[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// set changes meta, without the job's lock if this is a view.
func (j *Job) set(ctx context.Context, entries ...Entry) error {
	if j.writer != nil {
		return j.writer.do(j.setting(entries...))
	}
	return j.db.Set(ctx, entries...)
}

// setting is a request that changes meta.
func (j *Job) setting(entries ...Entry) *request {
	return &request{alter: func(tx *sql.Tx) error { return j.writer.tables.Set(tx, entries) }}
}
