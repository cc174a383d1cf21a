package fleet_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"adferry/jobs/cleanup"
	"adferry/jobs/store"
	"adferry/plan"
)

// attempts are River's attempts at a cleanup until one of them does not snooze.
func (c *cleanups) attempts(t *testing.T, due time.Time) error {
	t.Helper()
	for range 10_000 {
		err := c.Attempt(t.Context(), "nightly", due)
		snooze, ok := errors.AsType[*river.JobSnoozeError](err)
		if !ok {
			return err
		}
		time.Sleep(snooze.Duration)
	}
	t.Fatal("the cleanup does not end")
	return nil
}

// A listing that takes long is not ended by what followed an earlier one that failed.
func TestLongListingAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))) // the images are old then
		in := inFolders{t.TempDir()}
		c := newCleanups(in, 1, scheduled(t, "0 3 * * *", "100%,,"))
		defer c.Close()
		list, failed := c.Cleanups.List, false
		c.Cleanups.List = func(ctx context.Context, r *cleanup.Request) (*cleanup.Inventory, error) {
			if !failed {
				failed = true
				return nil, errors.New("no answer")
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Hour):
				return list(ctx, r)
			}
		}
		due := time.Now()
		if err := c.attempts(t, due); err == nil {
			t.Error("the first listing did not fail")
		}
		time.Sleep(time.Minute)
		if err := c.attempts(t, due); err != nil {
			t.Error(err)
		}
		if names := in.names(); len(names) != 1 {
			t.Errorf("got jobs %v, want one", names)
		}
	})
}

// elsewhere is a database in which another worker has the names of all schedules, or nobody has.
type elsewhere struct {
	inFolders
	busy bool
}

func (e *elsewhere) Reserve(ctx context.Context, name string) (func(context.Context) error, func(), error) {
	if e.busy {
		return nil, nil, store.ErrBusy
	}
	return e.inFolders.Reserve(ctx, name)
}

// A worker that cannot begin a cleanup gives it up once no worker has it, and not before others had
// the time to begin it anew.
func TestNotHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := &elsewhere{inFolders: inFolders{t.TempDir()}, busy: true}
		c := newCleanups(in, 1, scheduled(t, "0 3 * * *", "100%,,"))
		c.Covers = func([]plan.Account) bool { return false }
		due := time.Now()
		snoozes := func(after time.Duration, failed ...rivertype.AttemptError) {
			t.Helper()
			time.Sleep(after)
			if _, ok := errors.AsType[*river.JobSnoozeError](c.Attempt(t.Context(), "nightly", due, failed...)); !ok {
				t.Errorf("after %v: the cleanup is given up: %v", time.Since(due), c.told)
			}
		}
		snoozes(0)
		snoozes(2 * time.Hour) // another one lists
		in.busy = false        // and dies
		snoozes(10 * time.Minute)
		snoozes(10*time.Minute, rivertype.AttemptError{At: time.Now()}) // or fails, and is to try again
		time.Sleep(10 * time.Minute)
		if _, ok := errors.AsType[*river.JobCancelError](c.Attempt(t.Context(), "nightly", due)); !ok {
			t.Error("the cleanup is not given up")
		}
		c.tells(t, "no worker could begin it; here credentials of its ad accounts are missing")
	})
}
