package dispatch

import (
	"time"

	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Options say how requests are paced. Zero values stand for the defaults.
type Options struct {
	Workers   int         // HTTP requests in flight, downloads included
	BatchSize int         // calls in one HTTP request, 1 to 50
	Rules     quota.Rules // which budgets hold

	// Credential is the credential that an ad account is read and written with; nil: all have
	// the same. It is called from the goroutine of Run and by Open.
	Credential func(plan.Account) Credential

	Attempts  int           // tries of one call that may be lost or fail
	RetryBase time.Duration // first backoff
	RetryMax  time.Duration // longest backoff

	MaxWait        time.Duration // stop rather than wait longer than this at a stretch; 0: wait
	MaxDuration    time.Duration // stop after this long; 0: never
	StopOnThrottle bool          // stop at the first throttle
	Shared         bool          // other workers carry out lanes of the same job
	Impatient      bool          // an ad account that may be blocked is given up at once
	CancelOnStop   bool          // requests in flight are aborted when the run stops: they change nothing

	// Audit, for tests, tells NotWoken at once, not only when nothing else is left: before each
	// wait it gives a turn to every lane that no quota keeps from sending.
	Audit bool

	// Observe is told what happens, one event after the other, while Run runs and, if it takes
	// longer, for some time after.
	Observe func(jobs.Event)
}

// WithDefaults fills in what is not set.
func (o Options) WithDefaults() Options {
	set := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	span := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	set(&o.Workers, 8) // enough for Full access at a second a call
	set(&o.BatchSize, 1)
	set(&o.Attempts, 5) // with the backoff below: about half a minute of trouble
	span(&o.RetryBase, time.Second)
	span(&o.RetryMax, time.Minute)
	if o.Observe == nil {
		o.Observe = func(jobs.Event) {}
	}
	return o
}
