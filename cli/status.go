package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/fleet"
	"adferry/jobs/store"
	"adferry/reports"
)

func statusCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "show how far a job is, also while it runs", ArgsUsage: "DIR",
		Flags: append([]cli.Flag{
			boolFlag("json", "print the document of summary.json"),
			boolFlag("watch", "redraw it every two seconds until the job stops"),
		}, jobFlags()...),
		Action: atPlace(func(c *cli.Context, p place) error {
			return showUntilStopped(c.Context, s, p, c.Bool("json"), c.Bool("watch"))
		}),
	}
}

// watchEvery is how often status --watch shows the job.
const watchEvery = 2 * time.Second

// showUntilStopped shows how far a job is, once, or with watch until no process
// runs it.
func showUntilStopped(ctx context.Context, s *streams, p place, asJSON, watch bool) error {
	for {
		if watch && !asJSON {
			reports.ClearScreen(s.screen)
		}
		state, err := showStatus(ctx, s, p, asJSON, watch)
		if err != nil || !watch || !state.Held() {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchEvery):
		}
	}
}

func showStatus(ctx context.Context, s *streams, p place, asJSON, watched bool) (jobs.JobState, error) {
	job, err := p.view(ctx)
	if err != nil {
		return "", err
	}
	defer job.Close()
	summary, err := job.Summary(ctx)
	if err == nil && p.database != nil {
		err = readLanes(ctx, p, job, &summary)
	}
	if err != nil {
		return "", err
	}
	if asJSON {
		return summary.State, reports.WriteSummary(s.out, summary)
	}
	_, err = fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Place: p.Place, Now: time.Now(), Accounts: true, Watched: watched, Width: reports.Width(s.screen)}))
	return summary.State, err
}

// readLanes adds to a summary who has which lanes of a job of a database.
func readLanes(ctx context.Context, p place, job *store.Job, summary *jobs.Summary) error {
	status, err := fleet.ReadStatus(ctx, p.database.Board())
	if err != nil {
		return err
	}
	return addLanes(ctx, status, p.Name, job, summary)
}

// printLeft says what a resume or a retry would take up, and ends as the limit of
// deletions would have it end.
func printLeft(ctx context.Context, s *streams, se *session, p place, reopen bool) error {
	job, err := p.view(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	summary, err := job.Summary(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, reports.Text(summary, reports.TextOptions{Place: p.Place, Now: time.Now(), Width: reports.Width(s.screen)}))
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
		Flags:  append(jobFlags(), outputFlag()),
		Action: atPlace(func(c *cli.Context, p place) error { return writeReports(c.Context, s, p) }),
	}
}

// writeReports writes the reports of a job again.
func writeReports(ctx context.Context, s *streams, p place) error {
	job, err := p.view(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	if err := p.makeFolder(); err != nil {
		return err
	}
	if err := reports.Write(ctx, p.Place, job); err != nil {
		return withJob(p, fmt.Errorf("%w: %w", errReports, err))
	}
	return s.say(reports.ReportsWritten(p.Folder))
}
