package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/jobs/store"
	"adferry/reports"
)

// runScheduled is a timer's run: it resumes the newest job under root, or makes
// another one in a dated folder.
func (o *cleanupOptions) runScheduled(ctx context.Context, s *streams, se *session) error {
	folders, err := store.OpenSchedule(o.root, "cleanup")
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
		return reports.Made(name, append(draftNames(), reports.CreativesName, store.UsesName)...)
	})
	if len(removed) > 0 && !se.quiet {
		fmt.Fprintln(s.err, reports.OldJobsRemoved(len(removed), o.root))
	}
	if kept != nil { // does not change how the run ended
		complain(s.err, reports.OldJobsKept(kept))
	}
	return err
}

func (o *cleanupOptions) runNext(ctx context.Context, s *streams, se *session, folders *store.Schedule) error {
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
		return withJob(inFolder(last), fmt.Errorf("%s: %w", last, store.ErrLocked))
	case cleanup.Resume:
		return resumeCleanup(ctx, s, se, last)
	case cleanup.StartAnother:
		fmt.Fprintln(s.err, reports.LeftUntouched(last))
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
	view, err := inFolder(dir).view(ctx)
	if err != nil {
		return jobs.Summary{}, err
	}
	defer view.Close()
	return view.Summary(ctx)
}

// resumeCleanup carries out the rest of an unfinished cleanup. Its deletions were
// agreed to when it was made.
func resumeCleanup(ctx context.Context, s *streams, se *session, dir string) error {
	defer stopOnSignal(s, se, inFolder(dir))()
	job, err := inFolder(dir).open(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	if !se.quiet {
		fmt.Fprintln(s.err, reports.ResumingCleanup(dir))
		if meta, err := job.Meta(ctx); err == nil && meta.Policy != "" {
			fmt.Fprintln(s.err, reports.PolicyOf(meta.Policy))
		}
	}
	return runJob(ctx, s, se, job, inFolder(dir))
}
