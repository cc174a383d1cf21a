package cli

import (
	"context"
	"os"
	"time"

	"adferry/jobs/credentials"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/preflight"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// checkPlan asks the API what a plan would find, by reads alone: first whether each ad
// account can be read at all, then about every image. It runs as a job in a folder
// of its own that is thrown away.
func checkPlan(ctx context.Context, o runOptions, s *streams, path string, asJSON bool) error {
	m, err := o.openManifest(s, path)
	if err != nil {
		return err
	}
	defer m.close()
	if o.dryRun {
		return usagef("leave one of them out", "--check and --dry-run exclude each other: --check asks the API, --dry-run sends nothing")
	}
	dir, err := os.MkdirTemp("", "adferry-check-")
	if err != nil {
		return notStarted(&store.DiskError{Err: err})
	}
	defer os.RemoveAll(dir)
	making, release := untilSignal(ctx)
	job, p, err := inFolder(dir).create(making, store.Spec{
		Manifest: m.kept, Sandbox: o.sandboxed, Read: func(visit func(plan.Row) error) (*plan.Plan, error) { return m.readFor(o.sandboxed, visit) },
	})
	release()
	if err != nil {
		return notStarted(showProblems(s, err))
	}
	defer job.Close()
	se, err := newSession(ctx, o, s, o.sandboxed, accountsOfPlan(p))
	if err != nil {
		return err
	}
	defer se.close()
	l, err := se.link(job)
	if err != nil {
		return err
	}
	found := l.inspect(ctx)
	fence := preflight.NewFence(l)
	forecast := preflight.Predict(p, se.engine.Rules.Share)
	reader, err := findUnreadable(ctx, s, se, fence, forecast)
	if err != nil {
		return &readingError{err}
	}
	if err := runReads(ctx, s, se, fence, job); err != nil {
		return &readingError{err}
	}
	d := reports.NewPlan(m.name, p, forecast)
	if d.Check, err = preflight.Find(ctx, job, d.Forecast, reader, fence); err != nil {
		return err
	}
	if l.client != nil {
		d.Check.Credentials = preflight.JudgeCredentials(found, d.Forecast, l.label, time.Duration(d.Check.Most), time.Now())
		d.Check.Calls += len(found) * credentials.InspectCalls
	}
	return d.WriteChecked(s.out, asJSON, preflight.OtherRows(job.Results(ctx)))
}

// findUnreadable finds the ad accounts that cannot be read, and fences them off. A refused
// token shows here, before anything else is asked.
func findUnreadable(ctx context.Context, s *streams, se *session, fence *preflight.Fence, f preflight.Forecast) (*reader.Reader, error) {
	var accounts []plan.Account
	for _, a := range f.Accounts {
		accounts = append(accounts, a.Account)
	}
	options := se.engine
	options.Observe = (&reading{err: s.err, quiet: se.quiet, log: se.log, after: reports.CheckTakes(f.CheckTime())}).observe
	prober := reader.New(fence, options.Dispatch())
	ctx, release := untilSignal(ctx)
	defer release()
	unreadable, stop := reader.SplitErrors(prober.CheckAccess(ctx, accounts))
	for _, a := range unreadable {
		fence.Close(a.Account, a.Err)
	}
	return prober, stop
}

// runReads runs the plan's reads, and settles as done what a run would write.
func runReads(ctx context.Context, s *streams, se *session, api dispatch.API, job *store.Job) error {
	options := preflight.Options(se.engine)
	options.Observe = watch(se)
	defer stopOnSignal(s, se, place{})()
	defer showProgress(ctx, se, job, place{})()
	return se.run(ctx, engine.New(api, job, options))
}
