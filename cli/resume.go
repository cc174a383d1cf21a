package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/reports"
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
	summary, complete, err := concluded(ctx, view, p)
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
	if complete && !reopen && !o.adopt && o.settings == (store.Settings{}) {
		if err := p.checkPlan(ctx); err != nil {
			return err
		}
		se.progress.Start(p.Place, func() (jobs.Summary, error) { return summary, nil })
		se.progress.Note(reports.NothingLeft)
		se.progress.Finish(summary)
		se.progress.Stop()
		return conclude(s, se, p, summary, endOf(summary), nil)
	}
	defer stopOnSignal(s, se, p)()
	if !reopen {
		return goOn(ctx, s, se, p)
	}
	job, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	if err := waitForUnconfirmed(ctx, s, se, job, meta); err != nil {
		return waitAgain("retry", p, err)
	}
	se.reopen = true
	return runJob(ctx, s, se, job, p)
}

// goOn goes on with a job. Its first reads leave while its file is still being checked, its first
// writes when that is done. Where the check finds that somebody edited the job, the reads were for
// nothing: it is opened and run again.
func goOn(ctx context.Context, s *streams, se *session, p place) error {
	job, err := p.openAhead(ctx)
	if err != nil {
		return err
	}
	err = runJob(ctx, s, se, job, p)
	_ = job.Close()
	if !errors.Is(err, store.ErrMiscounted) {
		return err
	}
	se.log.Warn("the job was edited, and is counted anew")
	if job, err = p.open(ctx); err != nil {
		return err
	}
	defer job.Close()
	se.showAnew(s)
	return runJob(ctx, s, se, job, p)
}

// concluded is the summary of a job, and reports whether it has come to its end and its reports
// say so. Such a job is not opened to be run: nothing would be sent or written, and checking more
// of its file than its plan takes long.
func concluded(ctx context.Context, view *store.Job, p place) (jobs.Summary, bool, error) {
	summary, err := view.Summary(ctx)
	return summary, err == nil && summary.State == jobs.JobFinished && reports.UpToDate(p.Folder, summary), err
}
