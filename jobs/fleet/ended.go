package fleet

import (
	"context"
	"errors"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/disk"
	"adferry/jobs/engine"
	"adferry/jobs/proof"
	"adferry/jobs/store"
)

// engineEnded concludes from why an engine ended what becomes of its job.
func (s *session) engineEnded(j *job, why error) {
	s.mu.Lock()
	expected := j.closing
	s.mu.Unlock()
	ofDatabase := errors.As(why, new(*jobs.CheckpointError)) && !errors.As(why, new(*store.DamagedError))
	switch {
	case expected || s.leaving():
		return
	case ofDatabase && (errors.Is(why, board.ErrLeaseLost) || s.opt.Lost(why)):
		s.fail(why)
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, stepTime)
	defer cancel()
	until := time.Now().Add(2 * sweepEvery)
	mine := ofDatabase || errors.As(why, new(*jobs.OfflineError)) || errors.As(why, new(*proof.UnseenError)) || errors.Is(why, disk.ErrHangs)
	if errors.As(why, new(*jobs.RefusedError)) {
		var err error
		if mine, err = s.othersHaveLanes(ctx, j); err != nil {
			s.fail(err)
			return
		}
	}
	if mine { // it says nothing of what other workers can do
		if !errors.Is(why, engine.ErrLate) { // then it is over
			until = time.Now().Add(offlinePause)
		}
		s.tell(Event{Kind: JobOffline, Job: j.name, Err: why, Until: until})
	} else {
		if err := s.pause(ctx, j.board.Stored(), why); err != nil {
			s.fail(err)
			return
		}
		s.tell(Event{Kind: JobPaused, Job: j.name, Err: why})
	}
	s.refuse(j.name, until, why)
	s.tasks.Go(func() { s.close(j, false) })
}

// othersHaveLanes reports whether a job has lanes with work for which this worker does not have the
// credentials: others go on with them when its own are refused.
func (s *session) othersHaveLanes(ctx context.Context, j *job) (bool, error) {
	labels, err := j.board.Stored().LaneLabels(ctx)
	if err != nil {
		return false, err
	}
	holds, err := holdsOf(ctx, s.member, j.name, labels)
	return slices.ContainsFunc(holds, func(h board.Hold) bool { return !Able(s.opt.Worker, h.Label) }), err
}

// offlinePause is how long a worker leaves a job alone whose API it cannot reach or refuses its
// credentials, whose folders it does not see any more, or which the database does not let it carry out.
const offlinePause = time.Minute

// pause pauses a job for a reason, for all workers, until people let it go on.
func (s *session) pause(ctx context.Context, stored *store.Job, why error) error {
	if err := s.opt.Record(ctx, stored, why); err != nil {
		return err
	}
	return stored.Pause(ctx)
}
