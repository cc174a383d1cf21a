package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/jobs/spill"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// start lists the ad accounts and runs the job that follows from it, in the folder that
// makeDir makes once there is something to delete and somebody can agree to it.
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
	if err := inv.CheckLimit(); err != nil {
		return endCleanup(s, inv, err)
	}
	what := reports.CleanupDeletions(inv)
	if err := se.checkAnswerable(s, what); err != nil {
		return endCleanup(s, inv, err)
	}
	dir, err := makeDir()
	if err != nil {
		return notStarted(err)
	}
	path, err := reviewCleanup(inv, dir)
	if err != nil {
		return notStarted(err)
	}
	if err := se.askConsent(ctx, s, what, path); err != nil {
		removeReview(dir)
		return endCleanup(s, inv, err)
	}
	defer stopOnSignal(s, se, inFolder(dir))()
	making, release := se.untilInterrupted(ctx)
	job, err := makeCleanup(making, s, se, inv, dir)
	release()
	if err != nil {
		return notStarted(err)
	}
	defer job.Close()
	return endCleanup(s, inv, runJob(ctx, s, se, job, inFolder(dir)))
}

// makeCleanup makes the job in dir.
func makeCleanup(ctx context.Context, s *streams, se *session, inv *cleanup.Inventory, dir string) (*store.Job, error) {
	sum, err := inv.Save(dir, reports.WriteFile)
	if err != nil {
		return nil, &store.DiskError{Err: err}
	}
	path := filepath.Join(dir, cleanup.ManifestName)
	job, _, err := inFolder(dir).create(ctx, store.Spec{
		Manifest: absolute(path), Policy: inv.Policy(), Consent: true, Endpoint: se.server().origin, Settings: se.settings, Allowed: draftFiles(dir),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			p, err := manifestIn(path).read(visit)
			if err == nil && p.SHA256 != sum { // the consent is for what was listed, and nothing else
				err = fmt.Errorf("%s was changed after this cleanup wrote it: does another process use the folder?", path)
			}
			return p, err
		},
	})
	return job, showProblems(s, err)
}

// list takes the inventory, within the time that the whole run may take.
func (o *cleanupOptions) list(ctx context.Context, s *streams, se *session) (*cleanup.Inventory, error) {
	api, err := se.connected(ctx, nil)
	if err != nil {
		return nil, err
	}
	ctx, release := untilSignal(ctx)
	defer release()
	r := &reading{err: s.err, quiet: se.quiet, log: se.log}
	options := se.engine
	options.Observe, options.Credential = r.observe, api.credential()
	began := time.Now()
	inv, err := cleanup.List(ctx, reader.New(api, options.Dispatch()), &o.request, began, r.listed())
	if file, ok := errors.AsType[*spill.Error](err); ok {
		return nil, notStarted(&store.DiskError{Err: file})
	}
	if err != nil {
		return nil, &readingError{fmt.Errorf("nothing was deleted because the images could not be listed: %w", err)}
	}
	if se.engine.MaxDuration > 0 {
		se.engine.MaxDuration = max(time.Second, se.engine.MaxDuration-time.Since(began))
	}
	return inv, nil
}

// limitHints say how to delete what --max-delete does not allow.
func limitHints(e *cleanup.LimitError, _ error) []string {
	if e.Account == "" {
		return []string{fmt.Sprintf("nothing was deleted; to delete all of them, give --max-delete %d", e.Deletes)}
	}
	return []string{"nothing was deleted; look at the images with --dry-run; to delete them, raise --max-delete"}
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
