package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/control"
	"adferry/jobs/store"
	"adferry/reports"
)

func pauseCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "pause", Usage: "stop a job from sending until it is unpaused", ArgsUsage: "DIR", Flags: jobFlags(),
		Description: "The process that runs the job waits; its requests in flight may end. The job remembers the pause:\n" +
			"a later process waits, too.",
		Action: atPlace(func(c *cli.Context, p place) error { return steer(c.Context, s, p, pause) }),
	}
}

func unpauseCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "unpause", Usage: "let a paused job go on", ArgsUsage: "DIR", Flags: jobFlags(),
		Action: atPlace(func(c *cli.Context, p place) error { return steer(c.Context, s, p, unpause) }),
	}
}

func tuneCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "tune", Usage: "change the pace of a running job", ArgsUsage: "DIR",
		Description: "The job remembers this until it is tuned again or a later process is given the option.",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "workers", Usage: "HTTP requests in flight", EnvVars: env("workers"), DefaultText: "as they are"},
			stringFlag("max-rate", "", "R", "send at most R writes a second to each ad account; 0 is no limit"),
		}, jobFlags()...),
		Action: func(c *cli.Context) error {
			set, err := tuningOf(c)
			if err != nil {
				return err
			}
			if set == (jobs.Tuning{}) {
				return usagef("adferry tune DIR --workers N --max-rate R", "tune needs --workers or --max-rate")
			}
			return atPlace(func(c *cli.Context, p place) error { return steer(c.Context, s, p, tuneTo(set)) })(c)
		},
	}
}

// steeredJob is a job that another process may be running.
type steeredJob struct {
	*store.Job
	place  place
	before store.Steering
	runner reports.Runner
}

// steer opens a job, whoever runs it.
func steer(ctx context.Context, s *streams, p place, do func(context.Context, *streams, steeredJob) error) error {
	job, err := p.view(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	before, err := job.Steering(ctx)
	if err != nil {
		return err
	}
	runner, err := runnerOf(ctx, p, job)
	if err != nil {
		return err
	}
	return do(ctx, s, steeredJob{job, p, before, runner})
}

func runnerOf(ctx context.Context, p place, job *store.Job) (reports.Runner, error) {
	if job.Running() {
		return reports.RunsNow, nil
	}
	left, err := job.Unfinished(ctx)
	switch {
	case err != nil:
		return reports.NoRunner, err
	case !left:
		return reports.NoneNeeded, nil
	case p.database == nil:
		return reports.NoRunner, nil
	}
	workers, err := p.database.Board().Workers(ctx)
	if len(workers) > 0 {
		return reports.WorkersWait, err
	}
	return reports.NoRunner, err
}

func pause(ctx context.Context, s *streams, j steeredJob) error {
	if !j.before.PausedAt.IsZero() {
		return s.say(reports.AlreadyPaused(j.place.Place, j.before.PausedAt))
	}
	if err := j.Pause(ctx); err != nil {
		return err
	}
	return s.say(reports.Paused(j.place.Place, j.runner))
}

func unpause(ctx context.Context, s *streams, j steeredJob) error {
	if j.before.PausedAt.IsZero() {
		return s.say(reports.NotPaused(j.place.Place))
	}
	if err := j.Unpause(ctx); err != nil {
		return err
	}
	return s.say(reports.Unpaused(j.place.Place, j.runner))
}

func tuneTo(set jobs.Tuning) func(context.Context, *streams, steeredJob) error {
	return func(ctx context.Context, s *streams, j steeredJob) error {
		now := control.Overlay(j.before.Tuning, set)
		if err := j.Tune(ctx, now); err != nil {
			return err
		}
		return s.say(reports.Tuned(j.place.Place, now, j.runner))
	}
}
