package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/reports"
)

// cleanUpSeries is the run of a timer: one job in a dated folder.
func cleanUpSeries(c *cli.Context, s *streams, se *session, o *order) error {
	series, err := store.OpenSeries(o.root, "cleanup")
	if err != nil {
		return notStarted(err)
	}
	defer series.Close()
	se.timer = o.root
	err = nextOf(c, s, se, o, series)
	if o.keepJobs > 0 {
		removed, e := series.Prune(context.WithoutCancel(c.Context), o.keepJobs, func(name string) bool {
			return reports.Made(name, manifestName, termsName)
		})
		if len(removed) > 0 && !se.quiet {
			fmt.Fprintf(s.err, "removed %s under %s\n", count(len(removed), "old job"), o.root)
		}
		if e != nil { // the run itself went as it went
			fmt.Fprintf(s.err, "adferry: old jobs stay: %s\n", e)
		}
	}
	return err
}

// nextOf goes on with the newest job of the series if it is unfinished and of the
// same cleanup, and starts a new one otherwise.
func nextOf(c *cli.Context, s *streams, se *session, o *order, series *store.Series) error {
	last, err := series.Last()
	if err != nil {
		return err
	}
	if last != "" {
		switch summary, err := glance(c.Context, last); {
		case err != nil:
			return err
		case summary.State.Held(): // by hand: two jobs at once would take each other's quota
			return inJob(last, fmt.Errorf("%s: %w", last, store.ErrLocked))
		case ended(last, summary):
		case o.terms.madeThat(last, summary.Manifest):
			return goOn(c.Context, s, se, last)
		case summary.State != jobs.JobFinished:
			fmt.Fprintf(s.err, "%s is unfinished and stays so, for this is another cleanup; adferry resume %s goes on with it\n", last, reports.Quote(last))
		}
	}
	return startCleanup(c, s, se, o, func() (string, error) { return series.Make(time.Now()) })
}

// jobIn reports whether dir holds an unfinished job of the same cleanup. Any other
// job there is an error.
func jobIn(ctx context.Context, dir string, t terms) (unfinished bool, err error) {
	summary, err := glance(ctx, dir)
	switch {
	case errors.Is(err, store.ErrNoJob):
		return false, nil
	case err != nil:
		return false, err
	case ended(dir, summary):
		return false, usagef("name another folder with --job DIR, or let --jobs ROOT make a dated one", "%s holds a job that is finished", dir)
	case !t.madeThat(dir, summary.Manifest):
		return false, usagef("name another folder with --job DIR, or go on with the old one: adferry resume "+reports.Quote(dir),
			"%s holds the job of another cleanup, or of no cleanup", dir)
	}
	return true, nil
}

// goOn carries out the rest of an unfinished cleanup. Its deletions were agreed to
// when it was made.
func goOn(ctx context.Context, s *streams, se *session, dir string) error {
	job, err := store.Open(ctx, dir)
	if err != nil {
		return inJob(dir, err)
	}
	defer job.Close()
	if !se.quiet {
		fmt.Fprintf(s.err, "going on with the unfinished job in %s; nothing is listed anew\n", oneLine(dir))
		if meta, err := job.Meta(ctx); err == nil && meta.Policy != "" {
			fmt.Fprintf(s.err, "policy: %s\n", meta.Policy)
		}
	}
	return carryOut(ctx, s, se, job, dir)
}

// ended reports whether a job has come to its end and told of it. One whose last
// process was killed in between still owes its reports.
func ended(dir string, s jobs.Summary) bool {
	if s.State != jobs.JobFinished || s.ExitCode == nil {
		return false
	}
	for _, name := range reports.Names() {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	var told jobs.Summary
	raw, err := os.ReadFile(filepath.Join(dir, reports.SummaryName))
	return err == nil && json.Unmarshal(raw, &told) == nil && told.State == jobs.JobFinished
}

// glance is how the job in dir stands.
func glance(ctx context.Context, dir string) (jobs.Summary, error) {
	job, err := store.View(ctx, dir)
	if err != nil {
		return jobs.Summary{}, err
	}
	defer job.Close()
	return job.Summary(ctx)
}
