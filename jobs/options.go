package jobs

import (
	"errors"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Options steer a run. Zero values stand for the defaults.
type Options struct {
	Workers   int         // HTTP requests in flight; 8
	BatchSize int         // calls in one HTTP request, 1 to 50; 10
	Rules     quota.Rules // which budgets hold

	Attempts  int           // writes of one operation that may be lost or fail; 5
	RetryBase time.Duration // first backoff; 1 s
	RetryMax  time.Duration // longest backoff; 1 min

	MaxFailures    Share         // stop when more of the job's operations than this failed; zero: half of at least 1,000 settled
	MaxWait        time.Duration // stop rather than wait longer than this at a stretch; 0: wait
	MaxDuration    time.Duration // stop after this long; 0: never
	StopOnThrottle bool          // stop at the first throttle
	ReadOnly       bool          // send no write: settle as done what would be written

	Only func(Operation) bool // carry out these alone and leave the others; nil: all

	Backup   Backup  // keeps what is deleted; nil: nothing is kept
	Detour   bool    // fetch and upload images where copying is refused for a pair of ad accounts
	Gallery  Gallery // needed by Detour
	Pictures string  // needed by Detour: a folder in the job's own, for pictures on their way

	Observe func(Event)                       // told what happens, from one goroutine; must not block
	File    func(plan.Op) (graph.File, error) // the file of an upload; the error is a *FileError
}

func (o Options) withDefaults() Options {
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
	set(&o.Workers, 8)    // enough for Full access at a second a call
	set(&o.BatchSize, 10) // Meta's advice for batches of ads; a lost envelope costs ten reads
	set(&o.Attempts, 5)   // with the backoff below: about half a minute of trouble
	span(&o.RetryBase, time.Second)
	span(&o.RetryMax, time.Minute)
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	if o.File == nil {
		o.File = func(op plan.Op) (graph.File, error) {
			return graph.File{}, &FileError{op.File, errors.New("this run has no folder to read files from")}
		}
	}
	return o
}

// Share is a number of things or a share of them.
type Share struct {
	Count   int
	Percent float64
	Set     bool
}

// Of is the number that the share stands for, of the given total.
func (s Share) Of(total int) int {
	if s.Percent > 0 {
		return int(s.Percent / 100 * float64(total))
	}
	return s.Count
}

// leastSettled is how many operations have to be settled before a share of
// failures says something.
const leastSettled = 1000

// tooMany reports whether the failures reached the limit. A share is one of the
// whole job, and as soon as leastSettled are settled one of the operations that were
// begun, too, at most leastSettled more than are settled: failures are found sooner
// than copies are made, so of those settled alone they would be too many at first.
// Unset it is half of the latter.
func tooMany(limit Share, failed, settled, begun, all int) bool {
	of := limit
	if !limit.Set {
		of = Share{Percent: 50}
	}
	return limit.Set && failed > limit.Of(all) || of.Percent > 0 && settled >= leastSettled && failed > of.Of(begun)
}

// Blames reports whether a failure speaks against the run as a whole. Those that
// follow from another operation's, and those of an ad account that was given up
// without a write, do not: there the other accounts go on.
func (o Outcome) Blames() bool {
	switch o.Reason {
	case DependencyFailed:
		return false
	case Denied, AccountBlocked:
		return o.State == Failed && o.Attempts > 0
	}
	return o.State == Failed
}
