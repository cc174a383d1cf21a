package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

func cleanupCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "cleanup", Usage: "delete the images that a policy selects",
		ArgsUsage: "ACCOUNT...",
		Description: "Lists the ad accounts to their end, shows what would go, and then deletes it as a job like any other:\n" +
			"DIR/cleanup.csv is its manifest, and adferry resume, retry, status and report take DIR.\n" +
			"At least one of --unused, --older-than and --name selects; an image goes if all that are given select it.\n" +
			"Whatever they say, an image stays that is in use or whose use the API does not tell, that is younger than\n" +
			"--min-age or of unknown age, not ACTIVE, or named by --keep. An image that several rows of the API's list\n" +
			"show is one image. Of an ad account that cannot be listed to its end nothing goes; the exit code is 1 then.\n" +
			"The API's list of creatives is documented to be incomplete: an image that it wrongly calls unused is refused\n" +
			"when its turn comes, and --keep saves it from being tried.\n\n" +
			"The same cleanup on a DIR whose job is unfinished goes on with that job; any other is refused.\n" +
			"From a timer: --jobs ROOT --yes. Each run makes a folder ROOT/cleanup-<date>-<time>Z, unless the newest one\n" +
			"holds an unfinished job of the same cleanup: then the run goes on with that, and lists nothing.\n" +
			"While one process is at work under ROOT, a second one ends with exit code 6.",
		Flags: withOwn([]cli.Flag{
			boolFlag("unused", "select what nothing uses: no creative, and not associated with one"),
			stringFlag("older-than", "", "AGE", "select what was created at least this long ago, in whole days or hours, such as 180d"),
			stringFlag("name", "", "GLOB", "select by the whole name, case and all: * is any text, ? a character, [a-z] one of these"),
			&cli.StringSliceFlag{Name: "keep", EnvVars: env("keep"),
				Usage: "leave alone what this list names: image hashes, one a line, or a mapping.csv (`FILE`; may be given again; in the variable one a line)"},
			stringFlag("min-age", "1d", "AGE", "leave alone what is younger; 0 asks for no age"),
			stringFlag("max-delete", defaultLimit, "N|P%", "refuse to delete more than N images, or more than P% of the images of an ad account"),
			stringFlag("job", "", "DIR", "folder of the job"),
			stringFlag("jobs", "", "ROOT", "folder under which each run makes a dated one for its job"),
			intFlag("keep-jobs", 0, "remove all but the newest N finished jobs under --jobs; 0 removes none"),
			boolFlag("yes", "agree to the deletions"),
			boolFlag("dry-run", "delete nothing: write the manifest to DIR, or without --job to standard output"),
		}, runFlags()),
		Action: func(c *cli.Context) error { return cleanUpAccounts(c, s) },
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

// manifestName is the manifest that a cleanup makes in its job's folder.
const manifestName = "cleanup.csv"

// cleanUpAccounts is cleanup. Nothing is sent before everything about the call was
// checked, and nothing is made before the deletions were agreed to.
func cleanUpAccounts(c *cli.Context, s *streams) error {
	o, err := cleanupOrder(c)
	if err != nil {
		return err
	}
	se, err := newSession(c, s, false)
	if err != nil {
		return err
	}
	defer se.close()
	se.mostDeletes = jobs.Share{} // of a job's rows; the guard here is over the accounts' images
	switch {
	case o.dryRun:
		return rehearseCleanup(c, s, se, o)
	case o.root != "":
		return cleanUpSeries(c, s, se, o)
	}
	dir := o.dir
	unfinished, err := jobIn(c.Context, dir, o.terms)
	switch {
	case err != nil:
		return err
	case unfinished:
		return goOn(c.Context, s, se, dir)
	}
	if err := vacant(dir); err != nil {
		return err
	}
	return startCleanup(c, s, se, o, func() (string, error) {
		return dir, store.MakeFolder(dir)
	})
}

// startCleanup takes the inventory and runs the job that follows from it, in the folder
// that makeDir makes once there is something to delete.
func startCleanup(c *cli.Context, s *streams, se *session, o *order, makeDir func() (string, error)) error {
	inv, err := takeInventory(c.Context, s, se, o)
	if err != nil {
		return err
	}
	defer inv.close()
	if !se.quiet || !c.Bool("yes") {
		inv.preview(s.out)
	}
	if inv.deletes == 0 {
		return inv.ended(s, nil)
	}
	if err := inv.guard(o.limit); err != nil {
		return inv.ended(s, err)
	}
	if err := confirm(c, s, inv.deletions()); err != nil {
		return inv.ended(s, err)
	}
	dir, err := makeDir()
	if err != nil {
		return notStarted(err)
	}
	sum, err := inv.write(dir, o.terms)
	if err != nil {
		return notStarted(err)
	}
	path := filepath.Join(dir, manifestName)
	job, _, err := store.Create(c.Context, dir, store.Spec{
		Manifest: absolute(path), Policy: inv.words(), Consent: true, Endpoint: se.server.origin, Settings: se.settings, Beside: draftNames(),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			p, err := readManifest(path, visit)
			if err == nil && p.SHA256 != sum { // what was agreed to, and nothing else
				err = fmt.Errorf("%s is not what this cleanup wrote: is another one at work there?", path)
			}
			return p, err
		},
	})
	if err != nil {
		return notStarted(showProblems(s, err))
	}
	defer job.Close()
	return inv.ended(s, carryOut(c.Context, s, se, job, dir))
}

// rehearseCleanup lists, and writes the manifest that would be run.
func rehearseCleanup(c *cli.Context, s *streams, se *session, o *order) error {
	api, err := connect(c, s, se.log) // a dry run of anything else asks nobody
	if err != nil {
		return err
	}
	se.connect = func(*store.Job) (dispatch.API, error) { return api, nil }
	if o.dir != "" {
		if view, err := store.View(c.Context, o.dir); err == nil {
			view.Close()
			return usagef("name another folder with --job DIR", "%s holds a job already", o.dir)
		} else if !errors.Is(err, store.ErrNoJob) {
			return err
		}
		if err := vacant(o.dir); err != nil {
			return err
		}
	}
	inv, err := takeInventory(c.Context, s, se, o)
	if err != nil {
		return err
	}
	defer inv.close()
	if o.dir == "" {
		inv.preview(s.err)
		if _, err := plan.Write(s.out, inv.lines()); gone(err) != nil {
			return err
		}
		return inv.ended(s, inv.guard(o.limit))
	}
	inv.preview(s.out)
	if inv.deletes == 0 {
		return inv.ended(s, nil)
	}
	if err := store.MakeFolder(o.dir); err != nil {
		return notStarted(err)
	}
	if _, err := inv.write(o.dir, o.terms); err != nil {
		return notStarted(err)
	}
	fmt.Fprintf(s.out, "nothing was deleted; adferry run %s --job %s would carry this out\n", reports.Quote(filepath.Join(o.dir, manifestName)), reports.Quote(o.dir))
	return inv.ended(s, inv.guard(o.limit))
}
