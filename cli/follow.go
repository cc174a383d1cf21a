package cli

import (
	"context"
	"fmt"

	"adferry/jobs"
	"adferry/jobs/control"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/reports"
)

// follow runs the engine as people set it for the job, from now until it is released, and
// shows what they change.
func follow(ctx context.Context, s *streams, se *session, p place, job *store.Job, engine *engine.Engine, set store.Steering) (release func(), err error) {
	if set, err = control.Start(ctx, job, set, se.givenTuning); err != nil {
		return nil, err
	}
	if set.Tuning != (jobs.Tuning{}) && !se.quiet {
		fmt.Fprintln(s.err, reports.StartsTuned(set.Tuning))
	}
	if !set.PausedAt.IsZero() {
		fmt.Fprintln(s.err, reports.StartsPaused(p.Place, set.PausedAt))
	}
	apply := func(before, now jobs.Steering) {
		engine.Steer(now)
		logSteered(se.log, before, now)
	}
	options := jobs.Steering{Workers: se.engine.Workers, MaxRate: se.engine.Rules.MaxRate}
	now := control.Effective(options, set)
	if now != options {
		apply(options, now)
	}
	return control.Follow(ctx, job, options, now, func(before, now jobs.Steering) {
		apply(before, now)
		for _, note := range reports.Steered(p.Place, before, now) {
			se.progress.Note(note)
		}
	}), nil
}
