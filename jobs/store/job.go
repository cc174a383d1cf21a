package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"adferry/plan"
)

// Job is an open checkpoint. From Create or Open it is locked and writable; from View it
// is neither.
type Job struct {
	db     Database
	read   reading
	lent   bool                  // others read with that, too
	writer *writer               // nil for a view
	check  *fileCheck            // of a job that was opened ahead of it; else nil
	begun  atomic.Pointer[begun] // by this process, until that is on disk
}

// begun is when a process began to run a job, and at which pace.
type begun struct {
	at   time.Time
	pace Pace
}

// New makes a job of its tables, which are read with read. tables
// is nil for a view. Close closes all three.
func New(db Database, read *sql.DB, tables Tables) *Job {
	j := &Job{db: db, read: reading{read, db.Text, new(sync.Map)}}
	if tables != nil {
		j.writer = newWriter(tables)
	}
	return j
}

// NewReading is New for a job that is read with connections of others, which Close leaves open.
func NewReading(db Database, lent *sql.DB, tables Tables) *Job {
	j := New(db, lent, tables)
	j.lent = true
	return j
}

// Close closes the job and releases its lock. All commits are durable already.
func (j *Job) Close() error {
	var err error
	if !j.lent {
		err = j.read.Close()
	}
	if j.writer != nil {
		err = errors.Join(j.writer.close(), err)
	}
	j.db.Close()
	return err
}

// Unlock releases the job's lock: the job can still be read, and not be written any more.
func (j *Job) Unlock() error { return j.writer.close() }

// Broken is closed when the job can no longer be written: the disk failed, or the database no
// longer holds the lock for this process. A view never is.
func (j *Job) Broken() <-chan struct{} {
	if j.writer == nil {
		return nil
	}
	return j.writer.broken
}

// askAgain is how long ago it was asked whether the lock is this process's, when it is asked
// again before a request leaves: a process that was stopped meanwhile may have lost it at once.
const askAgain = 2 * time.Second

// Held returns until when the job is certainly this process's, zero for as long as it lives. The
// error is why the job may be another process's by now, or why it can no longer be written. Before
// a request leaves, a process that runs the job asks.
func (j *Job) Held() (until time.Time, err error) {
	select {
	case <-j.writer.broken:
		return time.Time{}, j.writer.why
	default:
	}
	asked, until, err := j.writer.tables.Held()
	if err != nil || until.IsZero() || time.Since(asked) < askAgain {
		return until, err
	}
	if err := j.writer.do(&request{}); err != nil { // an empty transaction
		return time.Time{}, err
	}
	_, until, err = j.writer.tables.Held()
	return until, err
}

// LockedForLife reports whether a process has the job's lock for as long as it lives, so that the
// one which had it before has ended, and its requests with it. A connection to a database may end
// before its process does.
func (j *Job) LockedForLife() bool { return j.db.LockedForLife() }

// Running reports whether a process is running the job.
func (j *Job) Running() bool { return j.db.Running() }

// Accounts returns the ad accounts that the job's operations read or write, apart from
// witnesses of deletions.
func (j *Job) Accounts(ctx context.Context) ([]plan.Account, error) {
	classes, err := j.classes(ctx, ``)
	var all []plan.Account
	for _, c := range classes { // what an operation waits for brings images to its source
		all = append(append(all, c.lane), c.otherAccounts()...)
	}
	slices.Sort(all)
	return slices.Compact(all), err
}

// Unfinished reports whether any operation is not settled.
func (j *Job) Unfinished(ctx context.Context) (left bool, err error) {
	ops, err := j.opTotals(ctx)
	return ops.settled < ops.operations, err
}

// Deletes returns the number of the job's deletions, done or not.
func (j *Job) Deletes(ctx context.Context) (n int, err error) {
	err = j.read.QueryRowContext(ctx, `SELECT coalesce(sum(n), 0) FROM op_counts WHERE kind = 'delete'`).Scan(&n)
	return n, j.readError(err)
}

// Sound waits until the job's file is checked, and returns what is wrong with it: a DamagedError or
// ErrMiscounted. It is nil for a job that was checked when it was opened.
func (j *Job) Sound() error {
	if j.check == nil {
		return nil
	}
	return j.check.wait()
}

// SetRunning records that a process runs the job, at a pace that its options allow. It does not
// wait for the check of the job's file, unless a wait that the API imposed is not over: what is left
// of it has to be known before the job goes on.
func (j *Job) SetRunning(ctx context.Context, p Pace) error {
	now := time.Now()
	if err := j.cutParks(ctx, now); err != nil {
		return err
	}
	pace, err := json.Marshal(p)
	if err != nil {
		return err
	}
	r := j.setting(Entry{Key: "exit_code"}, Entry{Key: "stop"}, Entry{Key: "running_at", Value: Millis(now)}, Entry{Key: "pace", Value: string(pace)})
	j.begun.Store(&begun{now, p})
	j.writer.post(r)
	written := func() error {
		defer j.begun.Store(nil)
		return j.writer.wait(r)
	}
	if j.check == nil {
		return written()
	}
	go written() // an error is what all later writes fail with
	return nil
}

// Reopen makes the failed operations pending again, with all their attempts. It stays on
// record that a write of theirs may have taken effect, which explains what later reads
// show.
func (j *Job) Reopen(context.Context) error {
	return j.writer.alter(func(tx *sql.Tx) error { return j.writer.tables.Reopen(tx, countRows, countOps) })
}

func (j *Job) readError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read job: %w", j.db.ReadError(err))
}
