package fleet

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"adferry/jobs/cleanup"
)

// RunCleanup makes the job of a cleanup that is due, as a worker that has its name reserved.
func (c *Cleanups) RunCleanup(ctx context.Context, s cleanup.Scheduled, at time.Time) error {
	return c.run(ctx, s, due{s.Name, at}, func(context.Context) error { return nil })
}

// Attempt is an attempt of River at a cleanup that is due, which earlier attempts failed at.
func (c *Cleanups) Attempt(ctx context.Context, schedule string, at time.Time, failed ...rivertype.AttemptError) error {
	return (&cleanupWorker{cleanups: c}).Work(ctx, &river.Job[due]{JobRow: &rivertype.JobRow{Errors: failed}, Args: due{schedule, at}})
}
