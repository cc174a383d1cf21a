package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"adferry/jobs/cleanup"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// dryRunCleanup lists, and writes the manifest that would be run.
func (o *cleanupOptions) dryRunCleanup(ctx context.Context, s *streams, se *session) error {
	if o.dir != "" {
		if _, err := summaryIn(ctx, o.dir); err == nil {
			return usagef("name another folder with --job DIR", "%s holds a job already", o.dir)
		} else if !errors.Is(err, store.ErrNoJob) {
			return err
		}
		if err := checkDraft(o.dir); err != nil {
			return err
		}
	}
	inv, err := o.list(ctx, s, se)
	if err != nil {
		return err
	}
	defer inv.Close()
	if o.dir == "" {
		fmt.Fprint(s.err, reports.CleanupPreview(inv))
		if _, err := plan.Write(s.out, inv.Rows()); ignoreBrokenPipe(err) != nil {
			return err
		}
		return endCleanup(s, inv, inv.CheckLimit())
	}
	fmt.Fprint(s.out, reports.CleanupPreview(inv))
	if inv.Deletes() == 0 {
		return endCleanup(s, inv, nil)
	}
	if err := store.MakeFolder(o.dir); err != nil {
		return notStarted(err)
	}
	if _, err := inv.Save(o.dir, reports.WriteFile); err != nil {
		return notStarted(&store.DiskError{Err: err})
	}
	path, err := reviewCleanup(inv, o.dir)
	if err != nil {
		return notStarted(err)
	}
	fmt.Fprintln(s.out, reports.ReviewAt(path))
	fmt.Fprintln(s.out, reports.DryRunOfCleanup(filepath.Join(o.dir, cleanup.ManifestName), o.dir))
	return endCleanup(s, inv, inv.CheckLimit())
}

// checkDraft refuses a folder that the cleanup cannot write its manifest and job into.
// The manifest of an earlier dry run may be replaced, unless it was changed since.
func checkDraft(dir string) error {
	if err := store.CheckVacant(dir, draftFiles(dir)...); err != nil {
		return err
	}
	if cleanup.Replaceable(dir) {
		return nil
	}
	path := filepath.Join(dir, cleanup.ManifestName)
	return usagef("to carry it out: adferry run "+reports.Quote(path)+" --job "+reports.Quote(dir)+"; for a new cleanup, name another folder",
		"%s is not as a dry run of cleanup wrote it, and would be replaced", path)
}
