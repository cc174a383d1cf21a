package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/reports"
)

// unconfirmedError: writes may still take effect, and they were not waited for.
type unconfirmedError struct {
	until time.Time
	err   error  // why not
	again string // the command that waits for them again
}

func (e *unconfirmedError) Error() string { return e.err.Error() }
func (e *unconfirmedError) Unwrap() error { return e.err }

// waitAgain names the command by which to wait again.
func waitAgain(command string, p place, err error) error {
	if e, ok := errors.AsType[*unconfirmedError](err); ok {
		e.again = p.Command(command)
	}
	return err
}

// waitForUnconfirmed waits until no write of the job can take effect any more whose answer
// was lost: what an undo or a retry reads then stays so. A signal ends the wait. The
// job was just opened, so no other process has a request of it on its way, unless one lost
// the database before.
func waitForUnconfirmed(ctx context.Context, s *streams, se *session, job *store.Job, meta store.Meta) error {
	if meta.Sandbox { // the server ended with the process that wrote to it
		return nil
	}
	ctx, release := untilSignal(ctx)
	defer release()
	return waitForWrites(ctx, s, se, job)
}

// waitForWrites is waitForUnconfirmed without the signals: the context ends the wait.
func waitForWrites(ctx context.Context, s *streams, se *session, job *store.Job) error {
	held := time.Now()
	writes, last, err := job.InDoubt(ctx, held.Add(-jobs.LongestDoubt))
	if err != nil {
		return err
	}
	ended := held
	if !job.LockedForLife() {
		ended = time.Time{}
	}
	until := jobs.DoubtOver(last, ended)
	wait := until.Sub(held)
	if writes == 0 || wait <= 0 {
		return nil
	}
	if most := se.engine.MaxWait; most > 0 && wait > most {
		return &unconfirmedError{until: until, err: fmt.Errorf("%s may take effect until %s, which is longer than --max-wait (%s)", reports.UnconfirmedWrites(writes), reports.Clock(until), most)}
	}
	if !se.quiet {
		fmt.Fprintln(s.err, reports.WaitingForWrites(writes, until))
	}
	if most := se.engine.MaxDuration; most > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeoutCause(ctx, most, jobs.ErrDuration)
		defer cancel()
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return &unconfirmedError{until: until, err: context.Cause(ctx)}
	}
	if se.engine.MaxDuration > 0 {
		se.engine.MaxDuration -= wait
	}
	return nil
}
