package store

import (
	"cmp"
	"context"
	"database/sql"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// Database is what differs between the databases that have jobs: a file of SQLite, which is in
// this package, and PostgreSQL in package postgres. All that is SQL alone, they share.
type Database interface {
	// Text makes a query of this package, which is written for a file of SQLite with one job,
	// into one for this database and job.
	Text(query string) string
	// ReadError says what an error of reading means. It returns nil for nil.
	ReadError(err error) error
	// Damaged is the error for values that adferry did not write.
	Damaged(err error) error
	// Running reports whether a process is running the job.
	Running() bool
	// LockedForLife reports whether a lock ends no sooner than the process that has it.
	LockedForLife() bool
	// Set changes meta without the job's lock, which the process that runs the job has.
	Set(ctx context.Context, entries ...Entry) error
	// Compare prepares the connection to read the tables of both jobs in one statement, in the
	// texts that mine and theirs make of it. done ends that.
	Compare(ctx context.Context, conn *sql.Conn, other Database) (mine, theirs func(string) string, done func() error, err error)
	// Close releases the lock of a job that was opened to run it.
	Close()
}

// Tables are the tables of a job that is locked, for its writer alone.
type Tables interface {
	// Begin begins a transaction whose commit is durable.
	Begin() (*sql.Tx, error)
	// Query reads in the transaction, with a text of this package.
	Query(tx *sql.Tx, text string, args ...any) (*sql.Rows, error)
	// Write writes what a transaction changes. No operation and no account is in it twice.
	Write(tx *sql.Tx, w Writes) error
	// Release notes operations that wait for no others any more, and returns those of lanes that this
	// process carries out. It makes the others known to whoever does.
	Release(tx *sql.Tx, all []jobs.Released) (own []jobs.Released, err error)
	// AddCounts adds to the counts.
	AddCounts(tx *sql.Tx, rows []RowCount, ops []OpCount) error
	// Set changes meta.
	Set(tx *sql.Tx, entries []Entry) error
	// Reopen makes failed operations pending again, see [Job.Reopen], and counts anew with the
	// queries for row_counts and op_counts.
	Reopen(tx *sql.Tx, countRows, countOps string) error
	// CutParks ends at stopped the parks that were going on then, when the last process stopped,
	// and adds what is left of them now.
	CutParks(tx *sql.Tx, now, stopped time.Time) error
	// Alive reports whether the tables can still be written. While it has nothing to write, the
	// writer asks for it this often; 0: never.
	Alive() error
	AliveEvery() time.Duration
	// Held returns when it was last asked whether the lock is this process's, and until when that is
	// certain, both zero for as long as the process lives; and an error if it may be another
	// process's by now. It asks nobody, and may be called by any goroutine.
	Held() (asked, until time.Time, err error)
	// WriteError says what an error of writing means.
	WriteError(err error) error
	Close() error
}

// Entry is an entry of meta.
type Entry struct {
	Key   string
	Value any  // nil removes the entry
	Keep  bool // an entry that is there already stays
}

// Writes are the changes of one transaction, besides those of the counts.
type Writes struct {
	Records   []jobs.Record
	Confirmed []jobs.Confirmation // of operations that are not in Records
	Lanes     []jobs.LaneState
	Samples   []jobs.Sample
	Parks     []jobs.Park
	Tally     *jobs.Tally
}

// RowCount is a row of row_counts, or what is added to one.
type RowCount struct {
	Verb        string
	Account     plan.Account
	First       string // state of the copy or upload; empty: there is none
	FirstReason jobs.Reason
	Del         string // state of the deletion; empty: there is none
	DelReason   jobs.Reason
	N           int
}

func (c RowCount) compare(d RowCount) int {
	return cmp.Or(cmp.Compare(c.Verb, d.Verb), cmp.Compare(c.Account, d.Account), cmp.Compare(c.First, d.First),
		cmp.Compare(c.FirstReason, d.FirstReason), cmp.Compare(c.Del, d.Del), cmp.Compare(c.DelReason, d.DelReason))
}

// OpCount is a row of op_counts, or what is added to one. Finished is the latest, in
// milliseconds since 1970.
type OpCount struct {
	Kind     string
	Lane     plan.Account
	Others   string // accounts, spaces between them
	State    string
	Blames   bool
	N        int
	Finished int64
}

func (c OpCount) compare(d OpCount) int {
	return cmp.Or(cmp.Compare(c.Kind, d.Kind), cmp.Compare(c.Lane, d.Lane), cmp.Compare(c.Others, d.Others),
		cmp.Compare(c.State, d.State), cmp.Compare(number(c.Blames), number(d.Blames)))
}
