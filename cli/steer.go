package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/reports"
)

func pauseCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "pause", Usage: "have a job send nothing more until it is unpaused", ArgsUsage: "DIR",
		Description: "The process that runs the job stays and waits; its requests in flight may end. The pause stays\n" +
			"with the job: a later process waits, too.",
		Action: func(c *cli.Context) error { return steerAction(c, s, pause) },
	}
}

func unpauseCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "unpause", Usage: "let a paused job go on", ArgsUsage: "DIR",
		Action: func(c *cli.Context) error { return steerAction(c, s, unpause) },
	}
}

func tuneCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "tune", Usage: "change the pace of a running job", ArgsUsage: "DIR",
		Description: "What is set stays with the job until it is tuned again, or a later process is given the option.",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "workers", Usage: "HTTP requests in flight", EnvVars: env("workers"), DefaultText: "as they are"},
			stringFlag("max-rate", "", "R", "at most R writes a second and ad account; 0: no limit"),
		},
		Action: func(c *cli.Context) error {
			set, err := tuningOf(c)
			if err != nil {
				return err
			}
			if set == (jobs.Tuning{}) {
				return usagef("adferry tune DIR --workers N --max-rate R", "tune needs --workers or --max-rate")
			}
			return steerAction(c, s, tuneTo(set))
		},
	}
}

// steeredJob is a job that another process may be running.
type steeredJob struct {
	*store.Job
	dir    string
	before store.Steering
}

func steerAction(c *cli.Context, s *streams, do func(context.Context, *streams, steeredJob) error) error {
	dir, err := jobFolder(c)
	if err != nil {
		return err
	}
	return steer(c.Context, s, dir, do)
}

// steer opens the job in dir, whoever runs it.
func steer(ctx context.Context, s *streams, dir string, do func(context.Context, *streams, steeredJob) error) error {
	job, err := store.View(ctx, dir)
	if err != nil {
		return err
	}
	defer job.Close()
	before, err := job.Steering(ctx)
	if err != nil {
		return err
	}
	return do(ctx, s, steeredJob{job, dir, before})
}

func pause(ctx context.Context, s *streams, j steeredJob) error {
	if !j.before.PausedAt.IsZero() {
		_, err := fmt.Fprintf(s.out, "%s is paused already, since %s\n", oneLine(j.dir), clock(j.before.PausedAt))
		return err
	}
	if err := j.Pause(ctx); err != nil {
		return err
	}
	then := "no process runs it now, and the next one will wait"
	if j.Running() {
		then = "its process stops sending within a second, and its requests in flight may end"
	}
	_, err := fmt.Fprintf(s.out, "%s is paused: %s; go on with adferry unpause %s\n", oneLine(j.dir), then, reports.Quote(j.dir))
	return err
}

func unpause(ctx context.Context, s *streams, j steeredJob) error {
	if j.before.PausedAt.IsZero() {
		_, err := fmt.Fprintf(s.out, "%s is not paused\n", oneLine(j.dir))
		return err
	}
	if err := j.Unpause(ctx); err != nil {
		return err
	}
	then := "goes on"
	if !j.Running() {
		then = "is no longer paused; no process runs it now, go on with adferry resume " + reports.Quote(j.dir)
	}
	_, err := fmt.Fprintf(s.out, "%s %s\n", oneLine(j.dir), then)
	return err
}

func tuneTo(set jobs.Tuning) func(context.Context, *streams, steeredJob) error {
	return func(ctx context.Context, s *streams, j steeredJob) error {
		now := overlay(j.before.Tuning, set)
		if err := j.Tune(ctx, now); err != nil {
			return err
		}
		when := "takes effect within a second"
		if !j.Running() {
			when = "no process runs it now, and the next one will do so"
		}
		_, err := fmt.Fprintf(s.out, "%s will use %s; %s\n", oneLine(j.dir), now, when)
		return err
	}
}

// overlay is a tuning with what was set later.
func overlay(t, set jobs.Tuning) jobs.Tuning {
	if set.Workers != nil {
		t.Workers = set.Workers
	}
	if set.MaxRate != nil {
		t.MaxRate = set.MaxRate
	}
	return t
}

// clock is a moment for people, in their zone.
func clock(t time.Time) string { return t.Local().Format("2 Jan 15:04:05 MST") }
