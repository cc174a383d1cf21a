package cli

import (
	"fmt"
	"strconv"
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
		Action: func(c *cli.Context) error { return pause(c, s) },
	}
}

func unpauseCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "unpause", Usage: "let a paused job go on", ArgsUsage: "DIR",
		Action: func(c *cli.Context) error { return unpause(c, s) },
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
		Action: func(c *cli.Context) error { return tune(c, s) },
	}
}

func pause(c *cli.Context, s *streams) error {
	return steer(c, func(job *store.Job, dir string, before store.Steering) error {
		if !before.PausedAt.IsZero() {
			_, err := fmt.Fprintf(s.out, "%s is paused already, since %s\n", oneLine(dir), clock(before.PausedAt))
			return err
		}
		if err := job.Pause(c.Context); err != nil {
			return err
		}
		then := "no process runs it now, and the next one will wait"
		if job.Running() {
			then = "its process sends nothing more within a second, and its requests in flight may end"
		}
		_, err := fmt.Fprintf(s.out, "%s is paused: %s; adferry unpause %s lets it go on\n", oneLine(dir), then, reports.Quote(dir))
		return err
	})
}

func unpause(c *cli.Context, s *streams) error {
	return steer(c, func(job *store.Job, dir string, before store.Steering) error {
		if before.PausedAt.IsZero() {
			_, err := fmt.Fprintf(s.out, "%s is not paused\n", oneLine(dir))
			return err
		}
		if err := job.Unpause(c.Context); err != nil {
			return err
		}
		then := "goes on"
		if !job.Running() {
			then = "is paused no more; no process runs it now, and adferry resume " + reports.Quote(dir) + " goes on with it"
		}
		_, err := fmt.Fprintf(s.out, "%s %s\n", oneLine(dir), then)
		return err
	})
}

func tune(c *cli.Context, s *streams) error {
	set, err := tuning(c)
	if err != nil {
		return err
	}
	if set == (jobs.Tuning{}) {
		return usagef("adferry tune DIR --workers N --max-rate R", "tune needs --workers or --max-rate")
	}
	return steer(c, func(job *store.Job, dir string, before store.Steering) error {
		now := overlay(before.Tuning, set)
		if err := job.Tune(c.Context, now); err != nil {
			return err
		}
		when := "this takes effect within a second"
		if !job.Running() {
			when = "no process runs it now, the next one does so"
		}
		_, err := fmt.Fprintf(s.out, "%s will use %s; %s\n", oneLine(dir), now, when)
		return err
	})
}

// steer opens the job that the command names, whoever runs it.
func steer(c *cli.Context, do func(*store.Job, string, store.Steering) error) error {
	dir, err := jobFolder(c)
	if err != nil {
		return err
	}
	job, err := store.View(c.Context, dir)
	if err != nil {
		return err
	}
	defer job.Close()
	before, err := job.Steering(c.Context)
	if err != nil {
		return err
	}
	return do(job, dir, before)
}

// tuning reads the options that tune takes, and that a run takes, too, as far as
// they are given.
func tuning(c *cli.Context) (t jobs.Tuning, err error) {
	if c.IsSet("workers") {
		if err := inRange(c, "workers", 1, mostWorkers); err != nil {
			return t, err
		}
		n := c.Int("workers")
		t.Workers = &n
	}
	if text := c.String("max-rate"); text != "" {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil || !(rate >= 0 && rate <= mostRate) {
			return t, usagef("", "--max-rate must be a number of writes a second, such as 20, or 0 for no limit, not %q", text)
		}
		t.MaxRate = &rate
	}
	return t, nil
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
