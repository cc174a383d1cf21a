package cli

import (
	"context"
	"errors"
	"runtime"

	"github.com/urfave/cli/v2"

	"adferry/jobs/preflight"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

func runCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "carry out a manifest, or go on with it",
		ArgsUsage: "MANIFEST",
		Description: "Makes the job in DIR and runs it. The same manifest on an existing job resumes it.\n" +
			"Deletions need --yes, or a yes at the terminal. DIR must be new or empty.\n" +
			"MANIFEST may be a pipe, or - for standard input; then --job must name the folder, and files of uploads are\n" +
			"relative to the working folder.",
		Flags: append([]cli.Flag{
			stringFlag("job", "", "DIR", "folder of the job, by default the manifest's path with .job for its extension; with a database, the name of the job"),
			boolFlag("yes", "agree to the deletions that the manifest asks for"),
			databaseFlag(), outputFlag(),
		}, runFlags()...),
		Action: func(c *cli.Context) error {
			path, err := argument(c, "MANIFEST")
			if err != nil {
				return err
			}
			o, err := runOptionsOf(c)
			if err != nil {
				return err
			}
			p, err := placeNamed(c, c.String("job"))
			if err != nil {
				return err
			}
			return runManifest(c.Context, o, s, path, p)
		},
	}
}

// runManifest is the main job. The manifest is looked at before a token is asked
// for.
func runManifest(ctx context.Context, o runOptions, s *streams, path string, p place) error {
	se, err := prepare(o, s)
	if err != nil {
		return err
	}
	defer se.close()
	m, err := o.openManifest(s, path)
	if err != nil {
		return err
	}
	defer m.close()
	switch {
	case !p.IsZero():
	case m.fixed:
		p = inFolder(jobOf(path))
	case !se.dryRun:
		return usagef("name a folder with --job DIR", "the manifest comes from %s, so that the job has no name", m.name)
	}
	going, err := findEarlierJob(ctx, o, m, p)
	switch {
	case err != nil:
		return err
	case se.dryRun:
		return dryRun(s, se, m)
	case going:
		accounts, err := accountsIn(ctx, p)
		if err != nil {
			return err
		}
		if err := se.connectTo(ctx, s, o.sandboxed, accounts); err != nil {
			return err
		}
		return goOn(ctx, s, se, p)
	}
	return runNew(ctx, s, se, m, p)
}

// dryRun is a dry run. What run would refuse, it refuses; only the consent to
// deletions is not asked for.
func dryRun(s *streams, se *session, m *manifest) error {
	p, err := m.readFor(se.sandboxed, nil)
	if err != nil {
		return showProblems(s, err)
	}
	if err := se.checkCredentials(se.sandboxed, accountsOfPlan(p)); err != nil {
		return err
	}
	return showPlan(s, reports.NewPlan(m.name, p, preflight.Predict(p, se.engine.Rules.Share)), p, se)
}

// showPlan prints a plan, and ends as the limit of deletions would have it end.
func showPlan(s *streams, d reports.Plan, p *plan.Plan, se *session) error {
	err := d.Write(s.out, false)
	if guard := checkMaxDelete(se.mostDeletes, p.Counts().Deletes, p.Rows); guard != nil {
		return guard
	}
	return err
}

// runNew makes the manifest's job and runs it. Whether it may is asked
// once its manifest is read.
func runNew(ctx context.Context, s *streams, se *session, m *manifest, p place) error {
	spec := m.spec(se.sandboxed, se.server(), se.settings)
	spec.Allowed = allowedFiles(m, p.Folder)
	spec.Agree = func(made *plan.Plan) error {
		warnAbout(s, made)
		if err := se.connectTo(ctx, s, se.sandboxed, accountsOfPlan(made)); err != nil {
			return err
		}
		return se.checkDeletions(ctx, s, made, se.mostDeletes, reports.ManifestDeletions, nil)
	}
	defer stopOnSignal(s, se, p)()
	making, release := se.untilInterrupted(ctx)
	job, _, err := p.create(making, spec)
	release()
	if err != nil {
		return notStarted(showProblems(s, err))
	}
	defer job.Close()
	runtime.GC() // the plan, whose memory the run takes then
	return runJob(ctx, s, se, job, p)
}

// findEarlierJob reports whether the place holds the job that an earlier run of the manifest
// made. Any other job there is an error, and so is a folder that no job can be made
// in; no place is none.
func findEarlierJob(ctx context.Context, o runOptions, m *manifest, p place) (bool, error) {
	if p.IsZero() {
		return false, nil
	}
	if err := checkPlace(m, p.Folder); err != nil {
		return false, err
	}
	view, err := p.view(ctx)
	if errors.Is(err, store.ErrNoJob) && p.database != nil {
		return false, nil
	}
	if errors.Is(err, store.ErrNoJob) {
		return false, store.CheckVacant(p.Folder, allowedFiles(m, p.Folder)...)
	}
	if err != nil {
		return false, err
	}
	defer view.Close()
	sum, err := m.sum()
	if err != nil {
		return false, &usageError{err: err}
	}
	meta, err := view.Meta(ctx)
	if err != nil {
		return false, err
	}
	switch {
	case meta.Manifest.SHA256 == sum:
	case m.fixed && m.piped == nil && meta.Manifest.Path == m.kept:
		return false, usagef(p.Command("resume")+" goes on with the manifest as it was; for the new one, "+p.another(),
			"%s has changed since %s was made", m.name, p.job())
	default:
		return false, usagef(p.another()+", or go on with the old one: "+p.Command("resume"),
			"%s holds the job of another manifest (%s)", p, meta.Manifest.Path)
	}
	if meta.Sandbox != o.sandboxed {
		return false, usagef(p.another(), "%s holds a job that runs %s", p, whereItRuns(meta.Sandbox))
	}
	return true, o.server().check(p, meta)
}

func whereItRuns(sandbox bool) string {
	if sandbox {
		return "against the sandbox (--sandbox)"
	}
	return "against the API, not the sandbox"
}
