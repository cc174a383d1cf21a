package cli

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/preflight"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// check asks the API what a plan would find, by reads alone: first whether each ad
// account can be read at all, then about every image. It runs as a job in a folder
// of its own that is thrown away.
func check(c *cli.Context, s *streams, path string) error {
	m, err := manifestOf(c, s, path)
	if err != nil {
		return err
	}
	defer m.close()
	p, err := m.read(nil)
	if err != nil {
		return showProblems(s, err)
	}
	se, err := newSession(c, s, c.Bool("sandbox"))
	if err != nil {
		return err
	}
	defer se.close()
	if se.connect == nil {
		return usagef("leave one of them out", "--check asks the API, and --dry-run sends nothing")
	}
	dir, err := os.MkdirTemp("", "adferry-check-")
	if err != nil {
		return notStarted(&store.DiskError{Err: err})
	}
	defer os.RemoveAll(dir)
	job, _, err := store.Create(c.Context, dir, store.Spec{
		Manifest: m.kept, Sandbox: c.Bool("sandbox"), Read: m.read,
	})
	if err != nil {
		return notStarted(err)
	}
	defer job.Close()
	api, err := se.connect(job)
	if err != nil {
		return err
	}
	fence := preflight.NewFence(api)
	reader, err := probe(c.Context, s, se, fence, p)
	if err != nil {
		return &readingError{err}
	}
	if err := rehearseReads(c.Context, se, fence, job, p); err != nil {
		return &readingError{err}
	}
	d := reports.NewPlan(m.name, p, preflight.Predict(p))
	if d.Check, err = preflight.Find(c.Context, job, d.Forecast, reader, fence); err != nil {
		return err
	}
	return d.WriteChecked(s.out, c.Bool("json"), preflight.OtherRows(job.Results(c.Context)))
}

// probe finds the ad accounts that cannot be read, and fences them off. A refused
// token shows here, before anything else is asked.
func probe(ctx context.Context, s *streams, se *session, fence *preflight.Fence, p *plan.Plan) (*reader.Reader, error) {
	var accounts []plan.Account
	for _, load := range p.Accounts() {
		accounts = append(accounts, load.Account)
	}
	options := se.options
	options.Observe = (&reading{err: s.err, quiet: se.quiet, log: se.log}).observe
	reader := reader.New(fence, options.Dispatch())
	ctx, release := untilSignal(ctx)
	defer release()
	unreadable, stop := apart(reader.Probe(ctx, accounts))
	for _, a := range unreadable {
		fence.Close(a.Account, a.Err)
	}
	return reader, stop
}

// rehearseReads runs the plan's reads, and settles as done what a run would write.
func rehearseReads(ctx context.Context, se *session, api dispatch.API, job *store.Job, p *plan.Plan) error {
	options := se.options
	options.ReadOnly = true
	options.MaxFailures = jobs.Share{Count: p.Rows * 2, Set: true} // failures are what is looked for
	options.Observe = watch(se)
	engine := engine.New(api, job, options)
	release := stopOnSignal(se, engine)
	err := engine.Run(ctx)
	release()
	se.progress.Stop()
	return err
}
