package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// reading is what a command that only reads needs, checked before anything is
// sent.
type reading struct {
	reader *reader.Reader
	err    io.Writer
	quiet  bool
	log    *slog.Logger
	after  string // what comes after a wait, in words; may be empty
}

// newReading reads these ad accounts from the API, for a job or for none (nil).
func newReading(ctx context.Context, o readOptions, s *streams, accounts []plan.Account, job *store.Job) (*reading, error) {
	log, err := o.openLog(s)
	if err != nil {
		return nil, err
	}
	l, err := o.connect(s, log, accounts)
	if err != nil {
		return nil, err
	}
	if err := l.identify(ctx, job, o.engine.StopOnThrottle); err != nil {
		return nil, err
	}
	return o.reading(s, l, log), nil
}

func (o readOptions) reading(s *streams, l link, log *slog.Logger) *reading {
	r := &reading{err: s.err, quiet: o.quiet, log: log}
	options := o.engine.Dispatch()
	options.Observe, options.Credential = r.observe, l.credential()
	r.reader = reader.New(l, options)
	return r
}

// observe tells what has to wait.
func (r *reading) observe(e jobs.Event) {
	logEvent(r.log, e)
	switch e.Kind {
	case jobs.EventParked, jobs.EventWaiting:
		r.say(reports.Waiting(e.Account, e.Until, e.Text, r.after))
	case jobs.EventUnreachable:
		r.say(reports.Unreachable(e.Until, e.Text))
	case jobs.EventWarning:
		r.say(e.Text)
	}
}

func (r *reading) say(text string) {
	if !r.quiet {
		fmt.Fprintln(r.err, text)
	}
}

// listingPause is the time between two messages of a long listing.
const listingPause = 10 * time.Second

// listed tells from time to time how many images were listed so far.
func (r *reading) listed() func(images int) { return r.every(reports.Listed) }

// every tells from time to time how far a long reading is.
func (r *reading) every(text func(images int) string) func(images int) {
	said := time.Now()
	return func(images int) {
		if now := time.Now(); now.Sub(said) >= listingPause {
			said = now
			r.say(text(images))
		}
	}
}

// mostTold is how many accounts' errors are told one by one.
const mostTold = 20

// ended tells of the accounts that could not be read, and returns what to end
// with.
func (r *reading) ended(err error) error {
	accounts, stop := reader.SplitErrors(err)
	for i, a := range accounts {
		if i == mostTold {
			complain(r.err, reports.MoreUnread(len(accounts)-i))
			break
		}
		report(r.err, a)
	}
	switch {
	case stop != nil:
		return &readingError{stop}
	case len(accounts) > 0:
		return &endedError{exitFailures}
	}
	return nil
}

// readingError is a reading that stopped before its end. It leaves nothing that
// resume could go on with.
type readingError struct{ error }

func (e *readingError) Unwrap() error { return e.error }

// accountHints say what to do about an ad account that cannot be read.
func accountHints(e *reader.AccountError) []string {
	if e.Endless {
		return []string{"the API sends page after page without an end, and they may not show all: try another --api-version, and report it to Meta if it stays so"}
	}
	switch e.Err.Class {
	case graph.RefusedRun:
		return nil // the error of the token says what to do
	case graph.RefusedAccount:
		return []string{"check the id, and that the token's user may see the account: the token needs ads_read, the user a task on the account in Business Manager"}
	case graph.MaybeThrottled:
		return []string{"the account may be blocked: check its status in Ads Manager, and try again in some hours"}
	case graph.RefusedItem:
		return []string{"the API refused what was asked: check the options and --api-version"}
	}
	return []string{"it kept failing; try again later"}
}

// partReadError is a reading that stopped before its end, and that the same command goes
// on with.
type partReadError struct{ *readingError }

func (e *partReadError) Unwrap() error { return e.readingError }
