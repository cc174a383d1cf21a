package engine

import (
	"errors"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Options steer a run. Zero values stand for the defaults.
type Options struct {
	Workers   int         // HTTP requests in flight
	BatchSize int         // calls in one HTTP request, 1 to 50
	Rules     quota.Rules // which budgets hold

	Attempts  int           // writes of one operation that may be lost or fail
	RetryBase time.Duration // first backoff
	RetryMax  time.Duration // longest backoff

	Credential func(plan.Account) dispatch.Credential // see dispatch.Options

	DownloadTime time.Duration // what one download may take, if that is longer than files may

	MaxFailures    jobs.Limit    // stop when more of the job's operations than this failed; zero: half of at least 1,000 settled
	MaxWait        time.Duration // stop rather than wait longer than this at a stretch; 0: wait
	MaxDuration    time.Duration // stop after this long; 0: never
	StopOnThrottle bool          // stop at the first throttle
	ReadOnly       bool          // send no write: settle as done what would be written

	Only func(jobs.Operation) bool // carry out these alone and leave the others; nil: all

	Backup        Backup          // keeps what is deleted; nil: nothing is kept
	UploadInstead bool            // fetch and upload images where copying is refused for a pair of ad accounts
	Downloader    jobs.Downloader // needed by UploadInstead
	Pictures      string          // needed by UploadInstead: a folder in the job's own, for pictures on their way

	// Kept is the picture of an image that a copy is to bring back and whose source somebody
	// deleted: it is uploaded instead. The error says why there is none. It is called by several
	// goroutines. nil: such a copy fails.
	Kept func(plan.Op) (graph.File, graph.Sum, error)

	// Held returns until when the checkpoint is certainly this process's, zero for as long as it
	// lives: a write leaves before that, or not at all. With an error it may be another process's
	// by now: then no request leaves any more, and the run stops. It is called by several
	// goroutines. nil: for as long as the process lives.
	Held func() (until time.Time, err error)

	// Sharing is asked before a request leaves, by several goroutines, where other workers carry out
	// lanes of the same job. nil: the job is this engine's alone. With it, Held is not asked.
	Sharing jobs.Sharing

	Audit bool // for tests: see dispatch.Options

	Observe func(jobs.Event)                  // see dispatch.Options; the start of the run is told before it begins
	File    func(plan.Op) (graph.File, error) // the file of an upload; the error is a *jobs.FileError
}

// WithDefaults fills in what is not set.
func (o Options) WithDefaults() Options {
	d := o.Dispatch().WithDefaults()
	o.Workers, o.Attempts, o.RetryBase, o.RetryMax, o.Observe = d.Workers, d.Attempts, d.RetryBase, d.RetryMax, d.Observe
	if o.BatchSize == 0 {
		o.BatchSize = 10 // Meta's advice for batches of ads; a lost envelope costs ten reads
	}
	if o.Held == nil {
		o.Held = func() (until time.Time, err error) { return until, nil }
	}
	if o.File == nil {
		o.File = func(op plan.Op) (graph.File, error) {
			return graph.File{}, &jobs.FileError{Name: op.File, Err: errors.New("this run has no folder to read files from")}
		}
	}
	return o
}

// Dispatch is how the run's requests are paced.
func (o Options) Dispatch() dispatch.Options {
	return dispatch.Options{
		Workers: o.Workers, BatchSize: o.BatchSize, Rules: o.Rules, Credential: o.Credential,
		Attempts: o.Attempts, RetryBase: o.RetryBase, RetryMax: o.RetryMax,
		MaxWait: o.MaxWait, MaxDuration: o.MaxDuration, StopOnThrottle: o.StopOnThrottle,
		Impatient: o.ReadOnly, // a dry run asks what would be done now
		Shared:    o.Sharing != nil,
		Audit:     o.Audit,
		Observe:   o.Observe,
	}
}
