package fleet

import (
	"context"
	"time"

	"adferry/jobs/cleanup"
)

// RunCleanup makes the job of a cleanup that is due, as a worker that has its name reserved.
func (c *Cleanups) RunCleanup(ctx context.Context, s cleanup.Scheduled, at time.Time) error {
	return c.run(ctx, s, due{s.Name, at}, func(context.Context) error { return nil })
}
