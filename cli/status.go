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

func statusCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "show how far a job is, also while it runs", ArgsUsage: "DIR",
		Flags: []cli.Flag{
			boolFlag("json", "print the document of summary.json"),
			boolFlag("watch", "print again every two seconds until the job stops"),
		},
		Action: func(c *cli.Context) error {
			dir, err := jobFolder(c)
			if err != nil {
				return err
			}
			for {
				state, err := showStatus(c.Context, s, dir, c.Bool("json"))
				if err != nil || !c.Bool("watch") || !state.Held() {
					return err
				}
				select {
				case <-c.Context.Done():
					return nil
				case <-time.After(2 * time.Second):
				}
			}
		},
	}
}

func showStatus(ctx context.Context, s *streams, dir string, asJSON bool) (jobs.JobState, error) {
	job, err := store.View(ctx, dir)
	if err != nil {
		return "", err
	}
	defer job.Close()
	summary, err := job.Summary(ctx)
	if err != nil {
		return "", err
	}
	if asJSON {
		return summary.State, reports.WriteSummary(s.out, summary)
	}
	samples, _, err := job.History(ctx)
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Dir: dir, Now: time.Now(), Accounts: true, Samples: samples}))
	return summary.State, err
}

// printLeft says what a resume or a retry would take up, and ends as the limit of
// deletions would have it end.
func printLeft(ctx context.Context, s *streams, se *session, dir string, reopen bool) error {
	job, err := store.View(ctx, dir)
	if err != nil {
		return err
	}
	defer job.Close()
	summary, err := job.Summary(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Dir: dir}))
	left := summary.Totals.Pending + summary.Totals.Unknown
	if reopen {
		left += summary.Totals.Failed
	}
	fmt.Fprintln(s.out, reports.Left(left))
	deletes, err := job.Deletes(ctx)
	if err != nil {
		return err
	}
	return checkMaxDelete(se.mostDeletes, deletes, summary.Manifest.Rows)
}

func reportCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "write a job's reports again", ArgsUsage: "DIR",
		Action: func(c *cli.Context) error {
			dir, err := jobFolder(c)
			if err != nil {
				return err
			}
			job, err := store.View(c.Context, dir)
			if err != nil {
				return err
			}
			defer job.Close()
			if err := reports.Write(c.Context, dir, job); err != nil {
				return inJob(dir, fmt.Errorf("%w: %w", errReports, err))
			}
			_, err = fmt.Fprintf(s.out, "reports written to %s\n", reports.OneLine(dir))
			return err
		},
	}
}
