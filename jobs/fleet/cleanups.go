package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"adferry/jobs/cleanup"
	"adferry/jobs/store"
	"adferry/plan"
)

// Cleanups make the jobs of scheduled cleanups: a periodic job of River for each schedule, which
// lists the ad accounts and makes a job of what is to be deleted. All workers carry that out.
//
// Listing may take hours, and River rescues an attempt after a time that is for slices. So the
// attempt only waits for a while for what its worker lists, and snoozes; meanwhile the schedule's name
// is reserved in the database, and any other worker that gets the attempt snoozes, too. When a worker
// dies PostgreSQL frees the name, and the next attempt begins anew elsewhere. The job's name is made of
// the schedule's and of when it was due, so that there is one however it comes about.
type Cleanups struct {
	Scheduled []cleanup.Scheduled
	Endpoint  string // origin of the server
	Database  Jobs
	// Covers reports whether this worker has credentials for all these ad accounts.
	Covers func([]plan.Account) bool
	// List lists the ad accounts of a request.
	List func(context.Context, *cleanup.Request) (*cleanup.Inventory, error)
	// Tell is told what became of a cleanup that was due. It is called by several goroutines.
	Tell func(CleanupEvent)

	mu       sync.Mutex
	underway map[due]*listing
	busy     map[string]time.Time // when this worker last found that another has the schedule's name
	running  sync.WaitGroup
}

// Jobs is what cleanups need of a database with jobs.
type Jobs interface {
	Each(ctx context.Context, visit func(name string, job *store.Job) error) error
	Create(ctx context.Context, name string, spec store.Spec) (*store.Job, *plan.Plan, error)
	Open(ctx context.Context, name string) (*store.Job, error)
	Remove(ctx context.Context, name string) error
	// Reserve reserves a name for this process; store.ErrBusy means that another one has it.
	Reserve(ctx context.Context, name string) (held func(context.Context) error, release func(), err error)
}

// CleanupEvent is what became of a cleanup that was due.
type CleanupEvent struct {
	Job     string // its name, also if it was not made
	Deletes int    // of the job that was made; 0: none was
	Err     error  // why none was made, or of an ad account that could not be listed
	Again   bool   // it is tried again
}

// String is the event in a sentence for people.
func (e CleanupEvent) String() string {
	switch {
	case e.Err != nil && e.Again:
		return fmt.Sprintf("cleanup %s: %v; it is tried again", e.Job, e.Err)
	case e.Err != nil:
		return fmt.Sprintf("cleanup %s: %v", e.Job, e.Err)
	case e.Deletes == 0:
		return fmt.Sprintf("cleanup %s: nothing to delete", e.Job)
	}
	return fmt.Sprintf("cleanup %s: job made; images to delete: %d", e.Job, e.Deletes)
}

// due is a cleanup at a time that it is due: the args of a River job.
type due struct {
	Schedule string    `json:"schedule"`
	At       time.Time `json:"at"`
}

const (
	cleanupsQueue = "cleanups"

	// catchUp is how late a cleanup may begin that no worker has begun when it was due, because none
	// led or none was there. River remembers for longer that it was begun.
	catchUp = 15 * time.Minute
	// early is how much too early River may begin, with room.
	early = time.Second

	waitTime  = 3 * time.Second // of an attempt
	restTime  = time.Second     // until the next one
	retryTime = time.Minute     // ... after a failure
	mostTries = 20
)

// Kind implements [river.JobArgs].
func (due) Kind() string { return "cleanup" }

// InsertOpts implements [river.JobArgsWithInsertOpts].
func (due) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: cleanupsQueue, MaxAttempts: mostTries, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// Configure adds the cleanups to what a client of River does. A client without schedules knows the
// kind all the same, because a client that leads would discard what it does not know.
func (c *Cleanups) Configure(config *river.Config) error {
	if err := river.AddWorkerSafely(config.Workers, &cleanupWorker{cleanups: c}); err != nil {
		return err
	}
	for _, s := range c.Scheduled {
		insert := func() (river.JobArgs, *river.InsertOpts) {
			at, ok := s.Due(time.Now().Add(early), catchUp)
			if !ok {
				return nil, nil
			}
			return due{s.Name, at}, nil
		}
		config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(s, insert, &river.PeriodicJobOpts{ID: s.Name, RunOnStart: true}))
	}
	if len(c.Scheduled) > 0 {
		config.Queues[cleanupsQueue] = river.QueueConfig{MaxWorkers: len(c.Scheduled)}
	}
	return nil
}

// overdue is after what time a worker sees to a cleanup that no other one has begun: the client that leads
// may be a worker without schedules, and River asks that one alone.
const overdue = time.Minute

// Due are the cleanups that River should have been told of some time ago. It takes each once.
func (c *Cleanups) Due() (all []river.JobArgs) {
	now := time.Now()
	for _, s := range c.Scheduled {
		if at, ok := s.Due(now, catchUp); ok && now.Sub(at) >= overdue {
			all = append(all, due{s.Name, at})
		}
	}
	return all
}

// cleanupWorker works on the cleanups that are due.
type cleanupWorker struct {
	river.WorkerDefaults[due]
	cleanups *Cleanups
}

// NextRetry implements [river.Worker].
func (w *cleanupWorker) NextRetry(*river.Job[due]) time.Time { return time.Now().Add(retryTime) }

// Work implements [river.Worker].
func (w *cleanupWorker) Work(ctx context.Context, job *river.Job[due]) error {
	d := job.Args
	l, err := w.cleanups.listing(ctx, d)
	if why, ok := errors.AsType[notHereError](err); ok {
		last := d.At
		if n := len(job.Errors); n > 0 { // a worker began it
			last = job.Errors[n-1].At
		}
		if err = w.cleanups.othersMay(ctx, d, last); err == nil {
			w.cleanups.Tell(CleanupEvent{Job: store.RunName(d.Schedule, d.At), Err: fmt.Errorf("no worker could begin it; here %w", why.error)})
			return river.JobCancel(why)
		}
	}
	if errors.Is(err, store.ErrBusy) {
		return river.JobSnooze(waitTime + restTime)
	}
	if err != nil {
		return err
	}
	select {
	case <-l.ended:
		w.cleanups.collect(d, l)
		return l.err
	case <-ctx.Done():
	case <-time.After(waitTime):
	}
	return river.JobSnooze(restTime)
}
