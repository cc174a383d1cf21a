package fleet

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"adferry/jobs/board"
	"adferry/jobs/cleanup"
	"adferry/jobs/store"
	"adferry/plan"
)

// RunCleanup makes the job of a cleanup that is due, as a worker that has its name reserved.
func (c *Cleanups) RunCleanup(ctx context.Context, s cleanup.Scheduled, at time.Time) error {
	return c.run(ctx, s, due{s.Name, at}, func(context.Context) error { return nil })
}

// Attempt is an attempt of River at a cleanup that is due, which earlier attempts failed at.
func (c *Cleanups) Attempt(ctx context.Context, schedule string, at time.Time, failed ...rivertype.AttemptError) error {
	return (&cleanupWorker{cleanups: c}).Work(ctx, &river.Job[due]{JobRow: &rivertype.JobRow{Errors: failed}, Args: due{schedule, at}})
}

// LabelsSeen are the labels of lanes that a worker believes of jobs that it finds one after the other.
func LabelsSeen(ctx context.Context, found ...*store.Job) (all []map[plan.Account][]string, err error) {
	s := &session{labels: map[string]laneLabels{}}
	for _, job := range found {
		m, err := job.Meta(ctx)
		if err != nil {
			return nil, err
		}
		labels, err := s.labelsOf(ctx, job, m)
		if err != nil {
			return nil, err
		}
		all = append(all, labels)
	}
	return all, nil
}

// Share returns which lanes a worker that has some is to give back, and whether it may have one more.
func Share(me string, holds []board.Hold, workers []board.Worker, has []plan.Account, next plan.Account) (excess []plan.Account, more bool) {
	j := &job{lanes: map[plan.Account]*lane{}}
	for _, a := range has {
		j.lane(a).held.Store(true)
	}
	lanes, _ := j.share(partsOf(me, holds, workers))
	for _, l := range lanes {
		excess = append(excess, l.account)
	}
	return excess, j.reserve(j.lane(next))
}
