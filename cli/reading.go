package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/reader"
)

// reading is what a command that only reads needs, checked before anything is
// sent.
type reading struct {
	reader *reader.Reader
	err    io.Writer
	quiet  bool
	log    *slog.Logger
}

// newReading reads from the API.
func newReading(o readOptions, s *streams) (*reading, error) {
	log := o.logger(s.err)
	api, err := o.connect(s, log)
	if err != nil {
		return nil, err
	}
	return o.reading(s, api, log), nil
}

func (o readOptions) reading(s *streams, api dispatch.API, log *slog.Logger) *reading {
	r := &reading{err: s.err, quiet: o.quiet, log: log}
	options := o.engine.Dispatch()
	options.Observe = r.observe
	r.reader = reader.New(api, options)
	return r
}

// observe tells what has to wait.
func (r *reading) observe(e jobs.Event) {
	switch e.Kind {
	case jobs.EventParked, jobs.EventWaiting:
		if e.Until.IsZero() {
			break
		}
		who := "the app"
		if e.Account != "" {
			who = e.Account.Act()
		}
		r.log.Info("parked", "account", string(e.Account), "until", e.Until, "why", e.Text)
		r.say(fmt.Sprintf("%s waits until %s: %s", who, e.Until.Format(time.TimeOnly), e.Text))
	case jobs.EventResumed:
		r.log.Info("resumed", "account", string(e.Account))
	case jobs.EventWarning:
		r.log.Warn(e.Text)
		r.say(e.Text)
	}
}

func (r *reading) say(text string) {
	if !r.quiet {
		fmt.Fprintln(r.err, text)
	}
}

// mostTold is how many accounts' errors are told one by one.
const mostTold = 20

// ended tells of the accounts that could not be read, and returns what to end
// with.
func (r *reading) ended(err error) error {
	accounts, stop := splitErrors(err)
	for i, a := range accounts {
		if i == mostTold {
			fmt.Fprintf(r.err, "adferry: and %d more accounts cannot be read\n", len(accounts)-i)
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

// splitErrors takes what a Reader returned apart: errors of accounts, and what ended it
// all.
func splitErrors(err error) (accounts []*reader.AccountError, stop error) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, e := range all {
		if a, ok := e.(*reader.AccountError); ok {
			accounts = append(accounts, a)
		} else if stop == nil {
			stop = e
		}
	}
	return accounts, stop
}

// readingError is a reading that stopped before its end. It leaves nothing that
// resume could go on with.
type readingError struct{ err error }

func (e *readingError) Error() string { return e.err.Error() }
func (e *readingError) Unwrap() error { return e.err }

// accountHints say what to do about an ad account that cannot be read.
func accountHints(e *graph.Error) []string {
	switch e.Class {
	case graph.RefusedAccount:
		return []string{"check the id, and that the token's user may see the account: the token needs ads_read, the user a task on the account in Business Manager"}
	case graph.MaybeThrottled:
		return []string{"the account may be blocked: check its status in Ads Manager, and try again in some hours"}
	case graph.RefusedItem:
		return []string{"the API refused what was asked: check the options and --api-version"}
	}
	return []string{"it kept failing; try again later"}
}

// untilSignal is a context that the first signal ends; the second one then ends
// the process. A reading leaves nothing to be finished.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, stopSignals()...)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(jobs.ErrInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// outlet is where output goes. It remembers that some went nowhere, and takes no
// more then.
type outlet struct {
	w   io.Writer
	err error
}

func (o *outlet) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err != nil {
		o.err = &outputError{err}
		return n, o.err
	}
	return n, nil
}

// warnLost tells of output that was lost, where it does not change how the command
// ends.
func (o *outlet) warnLost(stderr io.Writer) {
	if ignoreBrokenPipe(o.err) != nil {
		fmt.Fprintf(stderr, "adferry: %s\n", o.err)
	}
	o.err = nil
}

// outputError: the output could not be written.
type outputError struct{ err error }

func (e *outputError) Error() string { return "the output cannot be written: " + e.err.Error() }
func (e *outputError) Unwrap() error { return e.err }

// ignoreBrokenPipe is no error for a reader of the output that has seen enough, as head has.
func ignoreBrokenPipe(err error) error {
	windows := runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(109)) || errors.Is(err, syscall.Errno(232)))
	if windows || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}
