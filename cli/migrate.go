package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"adferry/jobs/store/postgres"
	"adferry/reports"
)

func migrateCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "migrate", Usage: "make the database's tables those of this version of adferry",
		Description: "Goes on from the version that the database has, up or down, each step in a transaction. No process may\n" +
			"run a job meanwhile. --to 0 removes the tables with all jobs.",
		Flags: []cli.Flag{
			databaseFlag(),
			&cli.IntFlag{Name: "to", Value: postgres.Version, Usage: "the version to go to", EnvVars: env("to")},
			boolFlag("yes", "with --to 0, agree that all jobs are removed"),
		},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			if err := inRange(c, "to", 0, postgres.Version); err != nil {
				return err
			}
			d, err := databaseOf(c)
			if err != nil {
				return err
			}
			return migrate(c.Context, s, d, c.Int("to"), c.Bool("yes"))
		},
	}
}

func migrate(ctx context.Context, s *streams, d *postgres.Database, to int, agreed bool) error {
	if to == 0 && !agreed {
		return &guardError{what: "--to 0 removes all jobs from the database", hint: "to agree, add --yes; nothing was changed"}
	}
	before, err := d.Migrate(ctx, to)
	if err != nil {
		return err
	}
	return s.say(reports.Migrated(before, to))
}
