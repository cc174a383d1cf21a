package fleet_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riverqueue/river"

	"adferry/jobs/cleanup"
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
