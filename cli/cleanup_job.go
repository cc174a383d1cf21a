package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// run carries the cleanup out: it makes nothing before the deletions are agreed to.
func (o *cleanupOptions) run(ctx context.Context, s *streams, se *session) error {
	se.mostDeletes = jobs.Share{} // of a job's rows; a cleanup's limit is of the accounts' images
	switch {
	case o.dryRun:
		return o.rehearse(ctx, s, se)
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

// runScheduled is a timer's run: it resumes the newest job under root, or makes
// another one in a dated folder.
func (o *cleanupOptions) runScheduled(ctx context.Context, s *streams, se *session) error {
	folders, err := store.OpenSeries(o.root, "cleanup")
	if err != nil {
		return notStarted(err)
	}
	defer folders.Close()
	se.timer = o.root
	err = o.runNext(ctx, s, se, folders)
	if o.keepJobs == 0 {
		return err
	}
	removed, kept := folders.Prune(context.WithoutCancel(ctx), o.keepJobs, func(name string) bool {
		return reports.Made(name, draftNames()...)
	})
	if len(removed) > 0 && !se.quiet {
		fmt.Fprintf(s.err, "removed %s under %s\n", count(len(removed), "old job"), o.root)
	}
	if kept != nil { // does not change how the run ended
		fmt.Fprintf(s.err, "adferry: some old jobs could not be removed: %s\n", kept)
	}
	return err
}

func (o *cleanupOptions) runNext(ctx context.Context, s *streams, se *session, folders *store.Series) error {
	last, err := folders.Last()
	if err != nil {
		return err
	}
	earlier, err := o.earlier(ctx, last)
	if err != nil {
		return err
	}
	switch earlier.Scheduled() {
	case cleanup.RefuseRunning:
		return inJob(last, fmt.Errorf("%s: %w", last, store.ErrLocked))
	case cleanup.Resume:
		return resumeCleanup(ctx, s, se, last)
	case cleanup.StartAnother:
		fmt.Fprintf(s.err, "%s holds an unfinished job with other options; left untouched: adferry resume %s goes on with it\n", last, reports.Quote(last))
	}
	return o.start(ctx, s, se, func() (string, error) { return folders.Make(time.Now()) })
}

// earlier looks at the job in a folder; "" is no folder.
func (o *cleanupOptions) earlier(ctx context.Context, dir string) (e cleanup.Earlier, err error) {
	if dir == "" {
		return e, nil
	}
	summary, err := summaryIn(ctx, dir)
	switch {
	case errors.Is(err, store.ErrNoJob):
		return e, nil
	case err != nil:
		return e, err
	}
	return cleanup.Earlier{
		State:    summary.State,
		Reported: summary.ExitCode != nil && reports.Complete(dir),
		Same:     o.request.Made(dir, summary.Manifest.SHA256),
	}, nil
}

// summaryIn is the summary of the job in a folder.
func summaryIn(ctx context.Context, dir string) (jobs.Summary, error) {
	view, err := store.View(ctx, dir)
	if err != nil {
		return jobs.Summary{}, err
	}
	defer view.Close()
	return view.Summary(ctx)
}

// resumeCleanup carries out the rest of an unfinished cleanup. Its deletions were
// agreed to when it was made.
func resumeCleanup(ctx context.Context, s *streams, se *session, dir string) error {
	job, err := store.Open(ctx, dir)
	if err != nil {
		return inJob(dir, err)
	}
	defer job.Close()
	if !se.quiet {
		fmt.Fprintf(s.err, "resuming the unfinished job in %s; the ad accounts are not listed again\n", oneLine(dir))
		if meta, err := job.Meta(ctx); err == nil && meta.Policy != "" {
			fmt.Fprintf(s.err, "policy: %s\n", meta.Policy)
		}
	}
	return carryOut(ctx, s, se, job, dir)
}

// start lists the ad accounts and runs the job that follows from it, in the folder that
// makeDir makes once there is something to delete.
func (o *cleanupOptions) start(ctx context.Context, s *streams, se *session, makeDir func() (string, error)) error {
	inv, err := o.list(ctx, s, se)
	if err != nil {
		return err
	}
	defer inv.Close()
	if !se.quiet || !o.yes {
		fmt.Fprint(s.out, reports.CleanupPreview(inv))
	}
	if inv.Deletes() == 0 {
		return endCleanup(s, inv, nil)
	}
	if err := checkLimit(inv); err != nil {
		return endCleanup(s, inv, err)
	}
	if err := o.confirm(reports.CleanupDeletions(inv)); err != nil {
		return endCleanup(s, inv, err)
	}
	dir, err := makeDir()
	if err != nil {
		return notStarted(err)
	}
	job, err := makeCleanup(ctx, s, se, inv, dir)
	if err != nil {
		return notStarted(err)
	}
	defer job.Close()
	return endCleanup(s, inv, carryOut(ctx, s, se, job, dir))
}

// makeCleanup makes the job in dir.
func makeCleanup(ctx context.Context, s *streams, se *session, inv *cleanup.Inventory, dir string) (*store.Job, error) {
	sum, err := inv.Save(dir, reports.WriteFile)
	if err != nil {
		return nil, &store.DiskError{Err: err}
	}
	path := filepath.Join(dir, cleanup.ManifestName)
	job, _, err := store.Create(ctx, dir, store.Spec{
		Manifest: absolute(path), Policy: inv.Policy(), Consent: true, Endpoint: se.server.origin, Settings: se.settings, Beside: draftNames(),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			p, err := readManifest(path, visit)
			if err == nil && p.SHA256 != sum { // the consent is for what was listed, and nothing else
				err = fmt.Errorf("%s was changed after this cleanup wrote it: does another process use the folder?", path)
			}
			return p, err
		},
	})
	return job, showProblems(s, err)
}

// rehearse lists, and writes the manifest that would be run.
func (o *cleanupOptions) rehearse(ctx context.Context, s *streams, se *session) error {
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
		if _, err := plan.Write(s.out, inv.Rows()); gone(err) != nil {
			return err
		}
		return endCleanup(s, inv, checkLimit(inv))
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
	fmt.Fprintf(s.out, "nothing was deleted; to delete these images: adferry run %s --job %s\n",
		reports.Quote(filepath.Join(o.dir, cleanup.ManifestName)), reports.Quote(o.dir))
	return endCleanup(s, inv, checkLimit(inv))
}

// checkDraft refuses a folder that the cleanup cannot write its manifest and job into.
// The manifest of an earlier dry run may be replaced, unless it was changed since.
func checkDraft(dir string) error {
	if err := store.Vacant(dir, draftNames()...); err != nil {
		return err
	}
	if cleanup.Replaceable(dir) {
		return nil
	}
	path := filepath.Join(dir, cleanup.ManifestName)
	return usagef("to carry it out: adferry run "+reports.Quote(path)+" --job "+reports.Quote(dir)+"; for a new cleanup, name another folder",
		"%s is not as a dry run of cleanup wrote it, and would be replaced", path)
}

// listingPause is the time between two messages of a long listing.
const listingPause = 10 * time.Second

// list takes the inventory, within the time that the whole run may take.
func (o *cleanupOptions) list(ctx context.Context, s *streams, se *session) (*cleanup.Inventory, error) {
	api, err := se.connect(nil)
	if err != nil {
		return nil, err
	}
	ctx, release := untilSignal(ctx)
	defer release()
	r := &reading{err: s.err, quiet: se.quiet, log: se.log}
	options := se.options
	options.Observe = r.observe
	began := time.Now()
	said := began
	inv, err := cleanup.List(ctx, reader.New(api, options.Dispatch()), &o.request, began, func(images int) {
		if now := time.Now(); now.Sub(said) >= listingPause {
			said = now
			r.say(fmt.Sprintf("listing: %s so far", count(images, "image")))
		}
	})
	if file, ok := errors.AsType[*cleanup.FileError](err); ok {
		return nil, notStarted(&store.DiskError{Err: file})
	}
	if err != nil {
		return nil, &readingError{fmt.Errorf("nothing was deleted because the images could not be listed: %w", err)}
	}
	if se.options.MaxDuration > 0 {
		se.options.MaxDuration = max(time.Second, se.options.MaxDuration-time.Since(began))
	}
	return inv, nil
}

// checkLimit holds the deletions against --max-delete.
func checkLimit(inv *cleanup.Inventory) error {
	err := inv.CheckLimit()
	exceeded, ok := errors.AsType[*cleanup.LimitError](err)
	if !ok {
		return err
	}
	hint := "nothing was deleted; look at the images with --dry-run; to delete them, raise --max-delete"
	if exceeded.Account == "" {
		hint = fmt.Sprintf("nothing was deleted; to delete all of them, give --max-delete %d", exceeded.Deletes)
	}
	return &guardError{what: exceeded.Error(), hint: hint}
}

// endCleanup tells which ad accounts could not be listed, and makes success a failure
// then.
func endCleanup(s *streams, inv *cleanup.Inventory, err error) error {
	unlisted := 0
	for _, a := range inv.Accounts {
		if a.Err != nil {
			unlisted++
			report(s.err, fmt.Errorf("%w; none of its images are deleted", a.Err))
		}
	}
	if err == nil && unlisted > 0 {
		return &endedError{exitFailures}
	}
	return err
}
