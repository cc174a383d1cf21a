package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/collect"
	"adferry/jobs/spill"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

func manifestCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "manifest", Usage: "make a manifest of what ad accounts hold; sends no write, ever",
		ArgsUsage: "SOURCE... | --from-job DIR",
		Description: "Lists the ad accounts, or finds the images of a finished job, and writes a manifest to standard output or " +
			"--output: the columns operation, source_account, hash, target_account and name. It is written only when every " +
			"ad account was read to its end; until then, and after an error, the file is the one that was there before. " +
			"With --operation copy, an image that several ad accounts hold appears once, from the one that is named first; " +
			"with move, each of them has its row. Images with status DELETED are left out; with --operation delete, so are " +
			"those that are not ACTIVE. With --unused, an image whose use the API does not tell counts as used.\n\n" +
			"--from-job DIR --operation delete is the second half of a consolidation whose first half copied: it takes the " +
			"source images of the finished job in DIR whose copies are all seen in their targets now, and which no creative " +
			"uses any more. What is left out is counted and listed, with the creatives that use it; --left-out FILE has all " +
			"of it as CSV. A row's column adferry_guard names a copy, without which a run does not delete the source. " +
			"The API does not list every creative: adferry creatives --help says more.",
		Flags: append(append(filterFlags(),
			boolFlag("unused", "only images that nothing uses: no creative, and no association with one"),
			stringFlag("target", "", "ACCOUNT", "the ad account to copy or move to"),
			stringFlag("operation", "copy", "copy|move|delete", "what the rows do"),
			stringFlag("output", "", "FILE", "write the manifest to FILE, and replace it only when it is complete"),
			stringFlag("from-job", "", "DIR", "take the source images of the finished copy job in DIR"),
			stringFlag("left-out", "", "FILE", "with --from-job, write to FILE which images are left out, and why"),
			boolFlag("new-endpoint", "with --from-job, read from another server than the job ran against"),
			databaseFlag(),
		), readFlags()...),
		Action: func(c *cli.Context) error {
			read, err := readOptionsOf(c)
			if err != nil {
				return err
			}
			if err := noneEmpty(c); err != nil {
				return err
			}
			out, err := publicationOf("output", c.String("output"))
			if err != nil {
				return err
			}
			if c.IsSet("from-job") {
				request, err := secondHalfRequestOf(c, out)
				if err != nil {
					return err
				}
				return readJob(c.Context, read, s, request.place, func(ctx context.Context, r *reading, job *store.Job, summary jobs.Summary) error {
					return writeSecondHalf(ctx, s, r, job, summary, request)
				})
			}
			if c.IsSet("left-out") {
				return usagef("", "--left-out needs --from-job")
			}
			request, err := collectRequestOf(c)
			if err != nil {
				return err
			}
			return writeCollection(c.Context, read, s, request, out)
		},
	}
}

// collectRequestOf reads what to select, and refuses what makes no sense.
func collectRequestOf(c *cli.Context) (*collect.Request, error) {
	r := &collect.Request{Unused: c.Bool("unused")}
	var err error
	if r.Accounts, err = accountsOf(c); err != nil {
		return nil, err
	}
	if r.Verb, err = operationOf(c); err != nil {
		return nil, err
	}
	if text := c.String("target"); text != "" {
		if r.Target, err = plan.ParseAccount(text); err != nil {
			return nil, usagef("", "--target: %w", err)
		}
	}
	if r.Query, err = queryOf(c); err != nil {
		return nil, err
	}
	switch err := r.Check(); {
	case errors.Is(err, collect.ErrNoTarget):
		return nil, usagef("name the ad account with --target act_456", "--operation %s needs --target", r.Verb)
	case errors.Is(err, collect.ErrTarget):
		return nil, usagef("leave out --target, or write --operation move", "--operation delete takes no --target")
	case err != nil:
		return nil, usagef("name other sources, or another --target", "%w", err)
	}
	return r, nil
}

// secondHalfRequestOf reads it, and refuses options of the other form of the command.
func secondHalfRequestOf(c *cli.Context, out publication) (r secondHalfRequest, err error) {
	r.out = out
	if r.place, err = placeNamed(c, c.String("from-job")); err != nil {
		return r, err
	}
	if r.place.database == nil {
		if _, err = checkJobFolder("manifest --from-job", r.place.Folder); err != nil {
			return r, err
		}
	}
	verb, err := operationOf(c)
	switch {
	case err != nil:
		return r, err
	case verb != plan.Delete:
		return r, usagef("add --operation delete", "--from-job needs --operation delete")
	case c.Args().Present():
		return r, usagef("the sources are those of the job", "--from-job takes no ad accounts, and %s is one", shown(c.Args().First()))
	}
	for _, name := range []string{"target", "hash", "name", "min-width", "min-height", "business-id", "biz-tag-id", "page-size", "unused"} {
		if c.IsSet(name) {
			return r, usagef("leave it out: the images are those of the job that nothing uses", "--from-job and --%s exclude each other", name)
		}
	}
	if c.IsSet("left-out") {
		leftOut, err := publicationOf("left-out", c.String("left-out"))
		if err != nil {
			return r, err
		}
		if leftOut == out {
			return r, usagef("", "--left-out and --output must be two files")
		}
		r.leftOut = &leftOut
	}
	return r, nil
}

// noneEmpty refuses an option that a script's unset variable leaves empty: the manifest
// would hold more than was meant.
func noneEmpty(c *cli.Context) error {
	for _, name := range []string{"hash", "name", "business-id", "biz-tag-id", "operation", "target", "output", "from-job", "left-out"} {
		if givenEmpty(c, name) {
			return usagef("give it a value, or leave it out", "--%s is empty", name)
		}
	}
	return nil
}

func operationOf(c *cli.Context) (plan.Verb, error) {
	return choiceOf(c, "operation", plan.Copy, plan.Move, plan.Delete)
}

// writeCollection lists the ad accounts and writes the manifest.
func writeCollection(ctx context.Context, o readOptions, s *streams, request *collect.Request, out publication) error {
	r, err := newReading(ctx, o, s, request.Accounts, nil)
	if err != nil {
		return err
	}
	ctx, release := untilSignal(ctx)
	defer release()
	found, err := collect.List(ctx, r.reader, request, r.listed())
	if err != nil {
		return r.unpublished(err)
	}
	defer found.Close()
	rows := 0
	err = out.write(s, func(w io.Writer) (err error) {
		rows, err = reports.WriteManifest(w, found.Rows(), false)
		return err
	})
	if err != nil {
		return r.unpublished(err)
	}
	r.say(reports.CollectedImages(found, rows))
	if out.path != "" {
		r.say(reports.ManifestWritten(out.path, rows))
	}
	return nil
}

// unpublished says why nothing was published.
func (r *reading) unpublished(err error) error {
	if file, ok := errors.AsType[*spill.Error](err); ok {
		return fmt.Errorf("%w: %w", errPublish, file)
	}
	if errors.Is(err, errPublish) || errors.Is(err, errOutput) {
		return err
	}
	err = r.ended(err)
	if errors.As(err, new(*endedError)) {
		fmt.Fprintln(r.err, reports.NoManifest)
	}
	return err
}
