package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

func submitCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "submit", Usage: "make a job in the database, without running it", ArgsUsage: "MANIFEST",
		Description: "Checks the manifest as run does and sends nothing, so it asks for no token; adferry resume runs the job, or workers do.\n" +
			"Deletions need --yes, or a yes at the terminal.",
		Flags: []cli.Flag{
			stringFlag("job", "", "NAME", "the name of the job"), databaseFlag(), outputFlag(),
			boolFlag("yes", "agree to the deletions that the manifest asks for"),
			stringFlag("max-delete", "", "N|P%", "refuse the job when it deletes more images than this, or a greater share of its rows"),
			stringFlag("backup", "", "DIR", "back up every image to DIR before it is deleted, or do not delete it"),
			stringFlag("on-denied", "", "fail|upload", "if copying between two ad accounts is refused: fail (the default), or download the image and upload it"),
			stringFlag("endpoint", graph.DefaultEndpoint, "URL", "the Graph API that it is to run against"),
			boolFlag("sandbox", "run it against the embedded sandbox alone"),
		},
		Action: func(c *cli.Context) error {
			path, err := argument(c, "MANIFEST")
			if err != nil {
				return err
			}
			o, err := submitOptionsOf(c)
			if err != nil {
				return err
			}
			return submit(c.Context, o, s, path)
		},
	}
}

// submitOptions say what job is to be made of a manifest.
type submitOptions struct {
	connection
	consent
	place       place
	settings    store.Settings
	mostDeletes jobs.Limit
	sandboxed   bool
}

func submitOptionsOf(c *cli.Context) (o submitOptions, err error) {
	o = submitOptions{connection: connectionOf(c), consent: consentOf(c), sandboxed: c.Bool("sandbox")}
	if c.String("job") == "" {
		return o, usagef("name it with --job NAME", "submit needs a name for the job")
	}
	if o.place, err = placeInDatabase(c, c.String("job")); err != nil {
		return o, err
	}
	if o.mostDeletes, err = limit(c, "max-delete"); err != nil {
		return o, err
	}
	o.settings, err = settingsOf(c)
	return o, err
}

// submit makes the job of a manifest.
func submit(ctx context.Context, o submitOptions, s *streams, path string) error {
	if o.server().origin == "" {
		return usagef("", "the endpoint must be a URL, such as %s", graph.DefaultEndpoint)
	}
	m, err := o.openManifest(s, path)
	if err != nil {
		return err
	}
	defer m.close()
	spec := m.spec(o.sandboxed, o.server(), o.settings)
	spec.Proof, spec.Output = proof.New(), absolute(o.place.Folder)
	var needed store.Folders
	spec.Agree = func(p *plan.Plan) error {
		warnAbout(s, p)
		if err := o.checkDeletions(ctx, s, p, o.mostDeletes, reports.ManifestDeletions, nil); err != nil {
			return err
		}
		needed = spec.Folders(p)
		if err := proof.Leave(ctx, needed); err != nil {
			return usagef("workers recognise the folders of a job by a file in them; adferry run makes a job without", "%w", err)
		}
		return nil
	}
	making, release := untilSignal(ctx)
	job, p, err := o.place.create(making, spec)
	release()
	if err != nil {
		if view, err := o.place.view(ctx); errors.Is(err, store.ErrNoJob) {
			proof.Remove(ctx, needed)
		} else if err == nil { // it was made all the same, or by somebody else
			_ = view.Close()
		}
		return withJob(o.place, notStarted(showProblems(s, err)))
	}
	if err := job.Close(); err != nil {
		return withJob(o.place, err)
	}
	return s.say(reports.Submitted(o.place.Place, p.Rows))
}

// warnAbout tells what is odd about a manifest.
func warnAbout(s *streams, p *plan.Plan) {
	for _, w := range reports.ManifestWarnings(p) {
		fmt.Fprintf(s.err, "warning: %s\n", w)
	}
}
