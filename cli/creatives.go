package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/jobs/uses"
	"adferry/reports"
)

func creativesCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "creatives", Usage: "list the creatives that use a job's source images; sends no write, ever", ArgsUsage: "DIR",
		Description: "Writes DIR/creatives.csv: which creatives use the images that the job copied, and the copy that each has to be " +
			"re-pointed to. Images that the job deleted were unused then. Of an image that cannot be read any more, the " +
			"creatives are those that the job saw before it would have deleted it; all others are read now.\n\n" +
			"The API does not list every creative: those made with a picture's URL are missing, and some images are in use " +
			"without a creative being named; standard output says which. So an image without a row may be in use. " +
			"A call that was interrupted is gone on with by the next one. Exit code 1: some ad account could not be read.",
		Flags: append([]cli.Flag{
			boolFlag("restart", "read all images again, also those that an interrupted call has read"),
			boolFlag("new-endpoint", "read from another server than the job ran against"), outputFlag(),
		}, append(readFlags(), jobFlags()...)...),
		Action: onJob(readOptionsOf, func(c *cli.Context, o readOptions, p place) error {
			return readJob(c.Context, o, s, p, func(ctx context.Context, r *reading, job *store.Job, summary jobs.Summary) error {
				what := summary.Manifest.SHA256 + " " + o.server().origin
				return listCreatives(ctx, s, r, job, summary, p, what, c.Bool("restart"))
			})
		}),
	}
}

// listCreatives writes creatives.csv; what an earlier call has read counts if it read the same
// as this one.
func listCreatives(ctx context.Context, s *streams, r *reading, job *store.Job, summary jobs.Summary, p place, what string, restart bool) error {
	if summary.Totals.Settled() < summary.Totals.Rows {
		r.say(reports.UnsettledCopies(summary.Totals))
	}
	if err := p.makeFolder(); err != nil {
		return err
	}
	memory, err := openUses(ctx, p, what, restart)
	if err != nil {
		return err
	}
	found, read, err := readCreatives(ctx, r, job, memory, p.Folder)
	complete := err == nil && read == nil
	if closed := memory.Close(!complete); err == nil {
		err = closed
	}
	if err != nil {
		return withJob(p, err)
	}
	if _, err := io.WriteString(s.out, reports.RepointedText(found, p.File(reports.CreativesName))); err != nil {
		return err
	}
	return r.ended(read)
}

// openUses opens what an interrupted call has read, unless all is to be read again.
func openUses(ctx context.Context, p place, what string, restart bool) (*store.Uses, error) {
	memory, err := store.OpenUses(ctx, p.Folder, what)
	if err != nil || !restart {
		return memory, withJob(p, err)
	}
	if err := memory.Close(false); err != nil {
		return nil, withJob(p, err)
	}
	memory, err = store.OpenUses(ctx, p.Folder, what)
	return memory, withJob(p, err)
}

// readCreatives reads what is not known yet and writes creatives.csv. read has the ad
// accounts that could not be read.
func readCreatives(ctx context.Context, r *reading, job *store.Job, memory *store.Uses, dir string) (found uses.Repointed, read, err error) {
	if err := r.readUses(ctx, memory, uses.Wanted(job.Sources(ctx))); err != nil {
		accounts, stop := reader.SplitErrors(err)
		if stop != nil {
			return found, nil, &partReadError{&readingError{stop}}
		}
		for _, a := range accounts {
			read = errors.Join(read, a)
		}
	}
	err = reports.WriteFile(dir, reports.CreativesName, func(w io.Writer) (err error) {
		out := reports.NewCreatives(w)
		if found, err = uses.Repoint(ctx, job.Sources(ctx), memory, out.Add); err != nil {
			return err
		}
		return out.End()
	})
	if err != nil {
		err = fmt.Errorf("%w: %w", errPublish, err)
	}
	return found, read, err
}

// readUses reads the images that are not known yet.
func (r *reading) readUses(ctx context.Context, memory *store.Uses, wanted iter.Seq2[jobs.ImageAt, error]) error {
	_, before, err := memory.Accounts(ctx)
	if err != nil {
		return err
	}
	if err := memory.Want(ctx, wanted); err != nil {
		return err
	}
	_, left, err := memory.Accounts(ctx)
	if err != nil {
		return err
	}
	if before > 0 {
		r.say(reports.ReadingGoesOn(left))
	}
	return uses.Read(ctx, r.reader, memory, r.every(func(images int) string { return reports.ReadSoFar(images, left) }))
}
