package cli

import (
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs/store"
	"adferry/jobs/verify"
	"adferry/reports"
)

func verifyCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "read back what a job settled, and report any drift; changes nothing", ArgsUsage: "DIR",
		Description: "Reads every image that a settled row of the job copied, uploaded or deleted, and tells which are\n" +
			"missing (there when the job was done with them, and gone now), reappeared (deleted, and there now)\n" +
			"or changed (made or updated since, or no longer ACTIVE). Works while the job runs, and without it.\n" +
			"Rows that failed or are not settled yet are counted. Exit code 1: there is drift, or images\n" +
			"could not be read, which are counted apart.",
		Flags: append([]cli.Flag{
			boolFlag("json", "print a document with every drift"),
			boolFlag("new-endpoint", "read from another server than the job ran against"),
		}, readFlags()...),
		Action: func(c *cli.Context) error { return verifyJob(c, s) },
	}
}

func verifyJob(c *cli.Context, s *streams) error {
	dir, err := jobFolder(c)
	if err != nil {
		return err
	}
	job, err := store.View(c.Context, dir)
	if err != nil {
		return err
	}
	defer job.Close()
	r, err := readingFor(c, s, job)
	if err != nil {
		return err
	}
	ctx, release := untilSignal(c.Context)
	defer release()
	// What is settled after this is not verified, nor counted as if it were.
	summary, err := job.Summary(ctx)
	if err != nil {
		return err
	}
	known, err := job.Quotas(ctx)
	if err != nil {
		return err
	}
	r.reader.Recall(known)
	expected, err := job.Expect(ctx)
	if err != nil {
		return &readingError{err}
	}
	defer expected.Close()
	report, err := reports.NewVerification(s.out, c.Bool("json"), summary, time.Now())
	if err != nil {
		return err
	}
	found, read := verify.Run(ctx, r.reader, expected, report.Drift)
	accounts, stop := apart(read)
	if stop == nil {
		var unread []reports.Unread
		for _, a := range accounts {
			unread = append(unread, reports.Unread{Account: a.Account, Error: a.Err.Error()})
		}
		err = report.End(found, summary.Totals, unread)
	}
	if s.out.err != nil {
		err, read = gone(s.out.err), nil // a reader that has seen enough has seen drift, should there be any
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

// readingFor reads where the job ran: the API, or its own sandbox.
func readingFor(c *cli.Context, s *streams, job *store.Job) (*reading, error) {
	meta, err := job.Meta(c.Context)
	if err != nil {
		return nil, err
	}
	if err := serverOf(c).has(c.Args().First(), meta); err != nil {
		return nil, err
	}
	if !meta.Sandbox {
		return newReading(c, s)
	}
	log, err := logger(c, s)
	if err != nil {
		return nil, err
	}
	options, err := pace(c)
	if err != nil {
		return nil, err
	}
	api, _, err := onSandbox(c.Context, job, log)
	if err != nil {
		return nil, err
	}
	return readingOf(c, s, api, options, log), nil
}
