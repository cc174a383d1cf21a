package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/fleet"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/reports"
)

func jobsCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "jobs", Usage: "list the jobs of the database",
		Description: "With --remove NAME, removes a job that no process runs: what it did stays done, and can no longer be\n" +
			"reported, verified or undone. One that is not finished needs --yes, too.",
		Flags: []cli.Flag{
			databaseFlag(),
			boolFlag("json", "print a document for scripts"),
			stringFlag("remove", "", "NAME", "remove this job from the database"),
			boolFlag("yes", "with --remove, agree that a job which is not finished is given up"),
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if name := c.String("remove"); name != "" {
				p, err := placeInDatabase(c, name)
				if err != nil {
					return err
				}
				return withJob(p, removeJob(c.Context, s, p, c.Bool("yes")))
			}
			d, err := databaseOf(c)
			if err != nil {
				return err
			}
			return listJobs(c.Context, s, d, c.Bool("json"))
		},
	}
}

// listJobs tells how far each job of a database is.
func listJobs(ctx context.Context, s *streams, d *postgres.Database, asJSON bool) error {
	status, err := fleet.ReadStatus(ctx, d.Board())
	if err != nil {
		return err
	}
	var all []jobs.Summary
	err = d.Each(ctx, func(name string, job *store.Job) error {
		summary, err := job.Summary(ctx)
		if err == nil {
			err = addLanes(ctx, status, name, job, &summary)
		}
		all = append(all, summary)
		return err
	})
	if err != nil {
		return err
	}
	return reports.WriteJobs(s.out, all, status.Workers(), asJSON, reports.Width(s.screen))
}

// addLanes adds to a summary which workers have the lanes of the job.
func addLanes(ctx context.Context, status fleet.Status, name string, job *store.Job, summary *jobs.Summary) (err error) {
	if summary.State == jobs.JobFinished || summary.PausedAt != nil {
		return nil
	}
	summary.Lanes, err = status.Lanes(ctx, name, job)
	return err
}

// removeJob removes a job of a database.
func removeJob(ctx context.Context, s *streams, p place, agreed bool) error {
	job, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	left, err := job.Unfinished(ctx)
	if err != nil {
		return err
	}
	if left && !agreed {
		return &guardError{what: p.String() + " is not finished", hint: "to give it up, add --yes; " + p.Command("status") + " shows how far it is"}
	}
	meta, err := job.Meta(ctx)
	if err != nil {
		return err
	}
	if err := p.database.Remove(ctx, p.Name); err != nil {
		return err
	}
	proof.Remove(ctx, meta.Folders)
	return s.say(reports.Removed(p.Place))
}
