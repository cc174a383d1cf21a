package simulation_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

var (
	errGone     = errors.New("the process is gone")
	errDiskFull = errors.New("no space left on device")
	errSpinning = errors.New("it commits again and again and no time passes")
)

// frail is a checkpoint that takes nothing any more from a commit on: the
// process is gone by then, or the disk is full.
type frail struct {
	jobs.Checkpoint
	at      int // the first commit that fails, counted from 1; 0: none
	written bool
	err     error
	onset   func()        // told once, before that commit is answered
	slow    time.Duration // how long a commit takes at most

	mu      sync.Mutex
	dice    dice
	commits int
	moment  time.Time               // of the last commit
	spins   int                     // how many there were at that moment
	failed  time.Time               // since when
	meant   map[plan.OpID]time.Time // when the last intent of each began to be written
}

// mostAtOnce is how many commits a process makes at one moment at most.
const mostAtOnce = 5000

// Commit fails from the chosen one on. That one may reach the disk all the
// same: the process died, or fsync failed, after the write.
func (f *frail) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	if f.slow > 0 {
		f.mu.Lock()
		takes := f.dice.span(time.Microsecond, f.slow)
		for _, r := range c.Records {
			if r.Outcome.State == jobs.Sent {
				f.meant[r.ID] = time.Now()
			}
		}
		f.mu.Unlock()
		time.Sleep(takes)
	}
	f.mu.Lock()
	f.commits++
	n := f.commits
	if f.spins++; !time.Now().Equal(f.moment) {
		f.moment, f.spins = time.Now(), 0
	}
	spinning := f.spins > mostAtOnce
	first := n == f.at
	if first {
		f.failed = time.Now()
	}
	f.mu.Unlock()
	if spinning {
		return nil, errSpinning
	}
	if first {
		f.onset()
	}
	if first && f.written {
		_, _ = f.Checkpoint.Commit(ctx, c)
	}
	if f.at > 0 && n >= f.at {
		return nil, f.err
	}
	return f.Checkpoint.Commit(ctx, c)
}

// passed is when a request with a write of this operation passed the gates, on its
// way to the wire by way of the disk.
func (f *frail) passed(id plan.OpID) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at, ok := f.meant[id]; ok {
		return at
	}
	return time.Now()
}

// since is when commits began to fail, zero if they do not.
func (f *frail) since() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// simBackup is a backup that takes its time and now and then gets no picture.
type simBackup struct {
	sim  *sim
	dice dice
}

func (b *simBackup) Save(ctx context.Context, account plan.Account, image graph.Image) (sum graph.Sum, err error) {
	s := b.sim
	s.mu.Lock()
	pause, luck := b.dice.span(time.Millisecond, 5*time.Second), b.dice.Float64()
	kept := s.kept[place{string(account), image.Hash}]
	s.mu.Unlock()
	if kept {
		return sum, nil
	}
	select {
	case <-ctx.Done():
		return sum, &graph.Error{Class: graph.Transient, Message: "aborted"}
	case <-time.After(pause):
	}
	switch {
	case luck < 0.1:
		return sum, &graph.Error{Class: graph.Transient, Message: "the url is too old"}
	case luck < 0.12:
		return sum, &graph.Error{Class: graph.RefusedItem, Message: "it is no picture"}
	}
	s.mu.Lock()
	s.kept[place{string(account), image.Hash}] = true
	s.mu.Unlock()
	return sum, nil
}

func (b *simBackup) Vouch(graph.Sum, plan.Hash) error { return nil }
