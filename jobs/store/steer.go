package store

import (
	"context"
	"fmt"
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
	return j.writeUnlocked(ctx, `INSERT OR IGNORE INTO meta VALUES ('paused_at', ?)`, millis(time.Now()))
}

// Unpause makes the job go on.
func (j *Job) Unpause(ctx context.Context) error {
	return j.writeUnlocked(ctx, `DELETE FROM meta WHERE key = 'paused_at'`)
}

// Tune sets the job's workers and rate. A nil value means that of the process's options.
func (j *Job) Tune(ctx context.Context, t jobs.Tuning) error {
	return j.writeUnlocked(ctx, `INSERT OR REPLACE INTO meta VALUES ('workers', ?), ('max_rate', ?)`, t.Workers, t.MaxRate)
}

// writeUnlocked executes a statement without the job's lock, which the process that runs the
// job has. For SQLite this process is another writer, with a transaction of one statement.
func (j *Job) writeUnlocked(ctx context.Context, statement string, args ...any) error {
	if j.writer != nil {
		return j.writer.exec(ctx, statement, args...)
	}
	if err := checkWritable(j.dir); err != nil {
		return err
	}
	if !j.Running() { // else that process has checked the file
		j.read.SetMaxIdleConns(0) // because checkFile opens and closes the file, which drops SQLite's locks
		if _, err := checkFile(ctx, j.path); err != nil {
			return err
		}
	}
	db, err := open(j.path, writeParams)
	if err != nil {
		return fmt.Errorf("open job: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("steer job: %w", classifyError(j.path, err))
	}
	return nil
}
