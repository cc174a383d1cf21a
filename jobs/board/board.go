// Package board is where the workers of a database meet (package fleet): who has which lane, what
// each took from the quotas, and which waits the API imposed. Package postgres keeps it in the
// database, package boardtest in memory, for tests.
package board

import (
	"context"
	"errors"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// ErrLeaseLost is why a worker may write and send nothing more: its lease was over, and another
// one may have its lanes.
var ErrLeaseLost = errors.New("the lease of this worker is over")

// ErrHeld is why a lane cannot be taken: another worker has it, or a process runs the job alone.
var ErrHeld = errors.New("another worker has the lane")

// Board is what a database has for its workers.
type Board interface {
	// Join makes a worker known. Its lease begins. No two workers have one name.
	Join(ctx context.Context, w Worker) (Member, error)
	// Workers lists the workers whose leases are not over, by name.
	Workers(ctx context.Context) ([]Worker, error)
	Holds
}

// Holds lists the lanes of a job that have operations left, by ad account.
type Holds interface {
	Holds(ctx context.Context, job string) ([]Hold, error)
}

// Member is a worker at the board. Its methods are safe for concurrent use.
type Member interface {
	Holds
	// Renew renews the lease; ErrLeaseLost if it was over.
	Renew(ctx context.Context) error
	// Refuse makes known which jobs this worker leaves alone, and why, in place of what it made known
	// before.
	Refuse(ctx context.Context, why map[string]string) error
	// Open opens a job to carry out lanes of it beside other workers; store.ErrLocked if a process
	// runs it alone.
	Open(ctx context.Context, job string) (Job, error)
	// Bury ends the leases that are over, frees those workers' lanes, and returns their names.
	Bury(ctx context.Context) ([]string, error)
	// Leave ends the lease. The worker has given back its lanes.
	Leave(ctx context.Context) error
	// Close frees what the member has here. A lease that it did not end is over by itself.
	Close()
}

// Job is a job that a member carries out lanes of, with one engine. Without a lease all of it but
// reading is ErrLeaseLost.
//
// Commit returns those of the released operations whose lane the worker has; News tells those that
// others released, each once. Counts in states and in the tally are the engine's, from zero: what
// they grew by is added to the job's. A wait that this engine did not know stays.
//
// Depart enters what leaves, for all engines that use the app, and returns what other engines entered
// since this one was told. It stays, and nothing is entered, if that exceeds the room; if the API
// imposed a wait on the ad account or the app that is not over, which is among the news unless this
// engine knows it; and if another engine's probe is out, which it is until that engine commits that
// it was answered, or departs there again, for 90 s, or until its worker's lease is over. The neutral
// question, about no ad account, waits for none of these. Of what was entered in an ad account before its quota was taken over, the
// news has the app's calls alone.
type Job interface {
	jobs.Checkpoint
	jobs.Sharing
	Stored() *store.Job

	// Take makes a lane this worker's, unless another has it (ErrHeld), and returns where it stood,
	// with what was learned of ad accounts that this engine has not used yet.
	Take(ctx context.Context, lane plan.Account) (jobs.LanePoint, error)
	// Waiting are the unsettled operations of a lane whose needs are all settled. What others
	// released in the lane is taken with them: News need not tell it any more.
	Waiting(ctx context.Context, lane plan.Account) ([]jobs.Released, error)
	// Give gives a lane back: nothing of it is under way.
	Give(ctx context.Context, lane plan.Account) error
	// Waits makes known what a lane of this worker waits for, and until when as far as is known;
	// "": for nothing.
	Waits(ctx context.Context, lane plan.Account, why string, until time.Time) error
	// News returns what the worker was not told yet.
	News(ctx context.Context) (jobs.News, error)
	// SaveLearned saves what was learned of quotas, which has what this engine entered and was told
	// until now, and to which lanes writes fail. That stays when a lane changes hands, until it is
	// said that they do no longer, or a process runs the job alone.
	SaveLearned(ctx context.Context, l jobs.Learned) error
	Close() error
}

// Worker is what the board says of a worker.
type Worker struct {
	Name    string // unique; also of the queue that has its slices
	Host    string
	PID     int
	Version string   // of adferry
	Labels  []string // of the credentials it has; one empty label: a single token for all accounts
	Started time.Time
	Seen    time.Time         // when it last renewed its lease
	Refused map[string]string // jobs that it leaves alone, and why: see Member.Refuse
}

// Hold is a lane with work, and who has it.
type Hold struct {
	Lane   plan.Account
	Label  string    // of its credentials, which package fleet sets
	Worker string    // "": nobody
	Since  time.Time // when that worker took it
	Why    string    // it waits; "": it does not
	Until  time.Time // as far as is known; zero: it is not
}
