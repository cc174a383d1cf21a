package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/jobs/store"
	"adferry/reports"
)

func cleanupCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "cleanup", Usage: "delete the images that a policy selects",
		ArgsUsage: "ACCOUNT...",
		Description: "Lists the ad accounts to their end, shows what would be deleted, and then deletes it as a job like any " +
			"other: its manifest is DIR/cleanup.csv, and adferry resume, retry, status and report take DIR.\n\n" +
			"At least one of --unused, --older-than and --name selects; an image is deleted if all that are given select it. " +
			"An image is never deleted if it is in use or the API does not say whether it is, if it is younger than --min-age " +
			"or of unknown age, if it is not ACTIVE, or if --keep names it. An image that the API lists several times counts " +
			"once. If an ad account cannot be listed to its end, none of its images are deleted, and the exit code is 1.\n\n" +
			"The API's list of creatives is documented to be incomplete: if it wrongly calls an image unused, the API refuses " +
			"the deletion; name such images with --keep, and they are not tried.\n\n" +
			"The same cleanup on a DIR with an unfinished job resumes that job; a DIR with any other job is refused.\n\n" +
			"From a timer: --jobs ROOT --yes. Each run makes a folder ROOT/cleanup-<date>-<time>Z. If the newest of them " +
			"holds an unfinished job of the same cleanup, the run resumes it instead, and lists nothing. " +
			"While one process uses ROOT, a second one exits with 6.",
		Flags: withOwn([]cli.Flag{
			boolFlag("unused", "select images that nothing uses: no creative, and no association with one"),
			stringFlag("older-than", "", "AGE", "select images created at least this long ago, in whole days or hours, such as 180d"),
			stringFlag("name", "", "GLOB", "select by the whole name, case-sensitive: * is any text, ? a character, [a-z] one of these"),
			&cli.StringSliceFlag{Name: "keep", EnvVars: env("keep"),
				Usage: valued("FILE", "do not delete what FILE names: image hashes, one a line, or a mapping.csv; may be repeated; the variable has one file a line")},
			stringFlag("min-age", cleanup.FormatAge(cleanup.DefaultMinAge), "AGE", "do not delete images that are younger; 0 is any age"),
			stringFlag("max-delete", cleanup.DefaultLimit.String(), "N|P%", "refuse to delete more than N images, or more than P% of the images of an ad account"),
			stringFlag("job", "", "DIR", "folder of the job"),
			stringFlag("jobs", "", "ROOT", "folder in which each run makes a dated folder for its job"),
			intFlag("keep-jobs", 0, "remove all but the newest N finished jobs in --jobs; 0 removes none"),
			boolFlag("yes", "agree to the deletions"),
			boolFlag("dry-run", "delete nothing: write the manifest to DIR, or without --job to standard output"),
		}, runFlags()),
		Action: func(c *cli.Context) error {
			o, err := cleanupOptionsOf(c)
			if err != nil {
				return err
			}
			run, err := runOptionsOf(c)
			if err != nil {
				return err
			}
			return runCleanup(c.Context, o, run, s)
		},
	}
}

// withOwn adds common options to a command's own, which replace those of the same
// name.
func withOwn(own, common []cli.Flag) []cli.Flag {
	names := map[string]bool{}
	for _, f := range own {
		names[f.Names()[0]] = true
	}
	for _, f := range common {
		if !names[f.Names()[0]] {
			own = append(own, f)
		}
	}
	return own
}

// runCleanup carries the cleanup out: before the deletions are agreed to it makes nothing but
// their pictures.
func runCleanup(ctx context.Context, o *cleanupOptions, run runOptions, s *streams) error {
	se, err := newSession(ctx, run, s, false, o.request.Accounts)
	if err != nil {
		return err
	}
	defer se.close()
	se.mostDeletes = jobs.Limit{} // of a job's rows; a cleanup's limit is of the accounts' images
	switch {
	case o.dryRun:
		return o.dryRunCleanup(ctx, s, se)
	case o.root != "":
		return o.runScheduled(ctx, s, se)
	}
	earlier, err := o.earlier(ctx, o.dir)
	if err != nil {
		return err
	}
	switch earlier.InFolder() {
	case cleanup.Resume:
		return resumeCleanup(ctx, s, se, o.dir)
	case cleanup.RefuseFinished:
		return usagef("name another folder with --job DIR, or let --jobs ROOT make a dated one", "%s holds a finished job", o.dir)
	case cleanup.RefuseOther:
		return usagef("name another folder with --job DIR, or go on with the old job: adferry resume "+reports.Quote(o.dir),
			"%s holds a job that this cleanup did not make", o.dir)
	}
	if err := checkDraft(o.dir); err != nil {
		return err
	}
	return o.start(ctx, s, se, func() (string, error) { return o.dir, store.MakeFolder(o.dir) })
}

// cleanupOptions are what a call of cleanup asks for.
type cleanupOptions struct {
	request  cleanup.Request
	dir      string // of the job; empty if root is given
	root     string // of a schedule's jobs
	keepJobs int    // of those under root, when they are finished; 0 is all
	dryRun   bool
	yes      bool
}

func cleanupOptionsOf(c *cli.Context) (*cleanupOptions, error) {
	o := &cleanupOptions{dir: c.String("job"), root: c.String("jobs"), keepJobs: c.Int("keep-jobs"), dryRun: c.Bool("dry-run"), yes: c.Bool("yes")}
	var err error
	o.request.Endpoint = c.String("endpoint")
	if o.request.Accounts, err = accountsOf(c); err != nil {
		return nil, err
	}
	if o.request.Policy, err = policyOf(c); err != nil {
		return nil, err
	}
	if o.request.Limit, err = limit(c, "max-delete"); err != nil {
		return nil, err
	}
	if !o.request.Limit.Set { // an empty value does not turn the guard off
		o.request.Limit = cleanup.DefaultLimit
	}
	if err := o.checkFolders(); err != nil {
		return nil, err
	}
	if c.Bool("sandbox") {
		return nil, usagef("start one with adferry sandbox, and set ADFERRY_ENDPOINT to its address", "--sandbox needs a manifest, and cleanup has none")
	}
	for _, path := range keepLists(c) {
		if err := addKeepList(&o.request, path); err != nil {
			return nil, usagef("nothing was listed or deleted", "--keep %s: %w", path, err)
		}
	}
	return o, nil
}

// policyOf reads the options that select and protect images, keep lists apart.
func policyOf(c *cli.Context) (p cleanup.Policy, err error) {
	// An option that a script's unset variable leaves empty would select more than meant.
	for _, name := range []string{"older-than", "name", "keep"} {
		if givenEmpty(c, name) {
			return p, usagef("give it a value, or leave it out", "--%s is empty", name)
		}
	}
	p.Unused, p.Name = c.Bool("unused"), c.String("name")
	if p.OlderThan, err = ageOf(c, "older-than", 0); err != nil {
		return p, err
	}
	if c.String("min-age") != "0" {
		if p.MinAge, err = ageOf(c, "min-age", cleanup.DefaultMinAge); err != nil {
			return p, err
		}
	}
	switch err := p.Check(); {
	case errors.Is(err, cleanup.ErrNothing):
		return p, usagef("give at least one of --unused, --older-than 180d and --name 'tmp-*'", "%w", err)
	case err != nil:
		return p, usagef("", "--name %q: %w", p.Name, err)
	}
	return p, nil
}

// givenEmpty reports whether an option was given without a value.
func givenEmpty(c *cli.Context, name string) bool {
	return c.IsSet(name) && (c.String(name) == "" && len(c.StringSlice(name)) == 0 || slices.Contains(c.StringSlice(name), ""))
}

// ageOf reads an option that holds an age; missing is the age if the option, or its
// environment variable, is empty.
func ageOf(c *cli.Context, name string, missing time.Duration) (time.Duration, error) {
	if c.String(name) == "" {
		return missing, nil
	}
	age, err := cleanup.ParseAge(c.String(name))
	if err != nil {
		hint := ""
		if name == "min-age" {
			hint = "to delete images of any age, write --min-age 0"
		}
		return 0, usagef(hint, "--%s: %w", name, err)
	}
	return age, nil
}

// keepLists are the paths of the keep lists. The environment variable has one a line,
// because a path may have any other character in it.
func keepLists(c *cli.Context) (paths []string) {
	for _, value := range c.StringSlice("keep") {
		for path := range strings.Lines(value) {
			if path = strings.TrimRight(path, "\r\n"); path != "" {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

func addKeepList(r *cleanup.Request, path string) error {
	f, err := openList(path)
	if err != nil {
		return graph.WithoutPath(err) // the message has the path already
	}
	defer f.Close()
	return r.AddKeepList(absolute(path), f)
}

// checkFolders checks where the job, or the schedule's jobs, are to be.
func (o *cleanupOptions) checkFolders() error {
	if err := cmp.Or(notAFile("job", o.dir), notAFile("jobs", o.root)); err != nil {
		return err
	}
	switch {
	case o.dir != "" && o.root != "":
		return usagef("--job DIR is the folder of one job, --jobs ROOT holds a dated folder for each run's job", "--job and --jobs exclude each other")
	case o.dir == "" && o.root == "" && !o.dryRun:
		return usagef("name a folder with --job DIR; for a timer, --jobs ROOT makes dated ones", "cleanup needs a folder for its job")
	case o.root != "" && holdsJob(o.root):
		return usagef("name the folder above it, or another one", "--jobs needs a folder of jobs, and %s is the folder of a single one", o.root)
	case o.keepJobs < 0:
		return usagef("", "--keep-jobs must be 0 or more, not %d", o.keepJobs)
	case o.keepJobs > 0 && o.root == "":
		return usagef("--jobs ROOT makes the folders that --keep-jobs removes", "--keep-jobs needs --jobs")
	}
	return nil
}
