package cli

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/jobs/verify"
	"adferry/reports"
)

func verifyCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "compare the ad accounts with what a job left; changes nothing", ArgsUsage: "DIR",
		Description: "Reads every image that the job copied, uploaded or deleted, and lists those that are\n" +
			"missing (the job left them there), reappeared (the job deleted them) or changed (created or\n" +
			"updated since, or no longer ACTIVE). It can be used while the job runs. Rows that failed or are\n" +
			"left to do are counted. Exit code 1: there is drift, or some images could not be read.",
		Flags: append([]cli.Flag{
			boolFlag("json", "print a document with every drift"),
			boolFlag("new-endpoint", "read from another server than the job ran against"),
		}, append(readFlags(), jobFlags()...)...),
		Action: onJob(readOptionsOf, func(c *cli.Context, o readOptions, p place) error {
			return readJob(c.Context, o, s, p, func(ctx context.Context, r *reading, job *store.Job, summary jobs.Summary) error {
				return verifyJob(ctx, s, r, job, summary, c.Bool("json"))
			})
		}),
	}
}

// verifyJob verifies what was settled when the summary was made; what is settled later is
// not counted either.
func verifyJob(ctx context.Context, s *streams, r *reading, job *store.Job, summary jobs.Summary, asJSON bool) error {
	expected, err := job.Expectations(ctx)
	if err != nil {
		return &readingError{err}
	}
	defer expected.Close()
	report, err := reports.NewVerification(s.out, asJSON, summary, time.Now())
	if err != nil {
		return err
	}
	found, read := verify.Run(ctx, r.reader, expected, report.Drift)
	accounts, stop := reader.SplitErrors(read)
	if stop == nil {
		var unread []reports.Unread
		for _, a := range accounts {
			unread = append(unread, reports.Unread{Account: a.Account, Error: a.Err.Error()})
		}
		err = report.End(found, summary.Totals, unread)
	}
	if s.out.err != nil {
		err, read = ignoreBrokenPipe(s.out.err), nil // a reader that has seen enough has seen drift, should there be any
	}
	if err != nil {
		return err
	}
	if err := r.ended(read); err != nil {
		return err
	}
	if found.Drifted()+found.Unread > 0 {
		return &endedError{exitFailures}
	}
	return nil
}

// readJob opens a job, whoever runs it, and has read compare it with what can be read where it
// ran, by what the job knows of the quotas, until a signal comes.
func readJob(ctx context.Context, o readOptions, s *streams, p place, read func(context.Context, *reading, *store.Job, jobs.Summary) error) error {
	job, err := p.view(ctx)
	if err != nil {
		return err
	}
	defer job.Close()
	r, err := readingFor(ctx, o, s, job, p)
	if err != nil {
		return err
	}
	ctx, release := untilSignal(ctx)
	defer release()
	known, err := job.Quotas(ctx)
	if err != nil {
		return err
	}
	r.reader.SetQuotas(known)
	summary, err := job.Summary(ctx)
	if err != nil {
		return err
	}
	return read(ctx, r, job, summary)
}

// readingFor reads where the job ran: the API, or its own sandbox.
func readingFor(ctx context.Context, o readOptions, s *streams, job *store.Job, p place) (*reading, error) {
	meta, err := job.Meta(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.server().check(p, meta); err != nil {
		return nil, err
	}
	if !meta.Sandbox {
		accounts, err := job.Accounts(ctx)
		if err != nil {
			return nil, err
		}
		o.labels = meta.Credentials.Labels
		return newReading(ctx, o, s, accounts, job)
	}
	if err := o.checkCredentials(true, nil); err != nil {
		return nil, err
	}
	log, err := o.openLog(s)
	if err != nil {
		return nil, err
	}
	api, _, err := onSandbox(ctx, job, log)
	if err != nil {
		return nil, err
	}
	return o.reading(s, link{API: api}, log), nil
}
