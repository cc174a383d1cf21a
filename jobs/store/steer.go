package store

import (
	"context"
	"fmt"
	"time"

	"adferry/jobs"
)

// Steering is what people set of how a job goes on while it runs. It stays with
// the job until it is set anew.
type Steering struct {
	PausedAt time.Time // since when nothing is to be sent; zero: it goes on
	jobs.Tuning
}

// Steering reads what was set last.
func (j *Job) Steering(ctx context.Context) (Steering, error) {
	m, err := j.Meta(ctx)
	return m.Steering, err
}

// Pause asks whatever process runs the job to send nothing more until Unpause. An
// earlier pause stays as it is.
func (j *Job) Pause(ctx context.Context) error {
	return j.steer(ctx, `INSERT OR IGNORE INTO meta VALUES ('paused_at', ?)`, millis(time.Now()))
}

// Unpause lets the job go on.
func (j *Job) Unpause(ctx context.Context) error {
	return j.steer(ctx, `DELETE FROM meta WHERE key = 'paused_at'`)
}

// Tune sets the job's pace; what is nil is as its process was told.
func (j *Job) Tune(ctx context.Context, t jobs.Tuning) error {
	return j.steer(ctx, `INSERT OR REPLACE INTO meta VALUES ('workers', ?), ('max_rate', ?)`, t.Workers, t.MaxRate)
}

// steer writes without the job's lock, which the process that runs the job holds:
// to SQLite it is one more writer, and the statement a transaction of its own.
func (j *Job) steer(ctx context.Context, statement string, args ...any) error {
	if j.writer != nil {
		return j.writer.exec(ctx, statement, args...)
	}
	if err := mayChange(j.dir); err != nil {
		return err
	}
	if !j.Running() { // else that process has checked it
		j.read.SetMaxIdleConns(0) // check opens the file itself, and closing that drops SQLite's locks
		if _, err := check(ctx, j.path); err != nil {
			return err
		}
	}
	db, err := open(j.path, writing)
	if err != nil {
		return fmt.Errorf("open job: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("steer job: %w", fault(j.path, err))
	}
	return nil
}
