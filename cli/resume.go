package cli

import (
	"context"

	"github.com/urfave/cli/v2"
)

func resumeCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "resume", Usage: "go on where a job stopped", ArgsUsage: "DIR", Flags: jobRunFlags(),
		Action: resumeAction(s, false),
	}
}

func retryCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "retry", Usage: "re-open a job's failed operations and run them", ArgsUsage: "DIR", Flags: jobRunFlags(),
		Description: "Remove the cause of the failures first; report.html names it. If a write of the job was not confirmed,\n" +
			"this waits until it can no longer take effect, a minute at most.",
		Action: resumeAction(s, true),
	}
}

func resumeAction(s *streams, reopen bool) cli.ActionFunc {
	return onJob(runOptionsOf, func(c *cli.Context, o runOptions, p place) error {
		return resume(c.Context, o, s, p, reopen)
	})
}

// resume goes on with a job; with reopen its failed operations are tried anew.
func resume(ctx context.Context, o runOptions, s *streams, p place, reopen bool) error {
	view, err := p.view(ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	meta, err := view.Meta(ctx)
	if err != nil {
		return err
	}
	accounts, err := view.Accounts(ctx)
	if err != nil {
		return err
	}
	view.Close()
	se, err := sessionOf(ctx, o, s, p, meta, accounts)
	if err != nil {
		return err
	}
	defer se.close()
	if se.dryRun {
		return printLeft(ctx, s, se, p, reopen)
	}
	job, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	if reopen {
		if err := waitForUnconfirmed(ctx, s, se, job, meta); err != nil {
			return waitAgain("retry", p, err)
		}
	}
	se.reopen = reopen
	return runJob(ctx, s, se, job, p)
}
