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

// doubtError: writes may still take effect, and they were not waited for.
type doubtError struct {
	until time.Time
	err   error  // why not
	again string // the command that waits for them again
}

func (e *doubtError) Error() string { return e.err.Error() }
func (e *doubtError) Unwrap() error { return e.err }

// again names the command by which to wait again.
func again(command, dir string, err error) error {
	if doubt := (*doubtError)(nil); errors.As(err, &doubt) {
		doubt.again = "adferry " + command + " " + reports.Quote(dir)
	}
	return err
}

func unconfirmed(n int) string {
	if n == 1 {
		return "1 write that was not confirmed"
	}
	return fmt.Sprintf("%d writes that were not confirmed", n)
}

// waitOutDoubt waits until no write of the job can take effect any more whose answer
// was lost: what an undo or a retry reads then stays so. A signal ends the wait. The
// job was just opened, so no other process has a request of it on its way.
func waitOutDoubt(ctx context.Context, s *streams, se *session, job *store.Job, meta store.Meta) error {
	if meta.Sandbox { // the server ended with the process that wrote to it
		return nil
	}
	ctx, release := untilSignal(ctx)
	defer release()
	return letLand(ctx, s, se, job)
}

// letLand is waitOutDoubt until the context ends.
func letLand(ctx context.Context, s *streams, se *session, job *store.Job) error {
	held := time.Now()
	writes, last, err := job.InDoubt(ctx, held.Add(-jobs.LongestDoubt))
	if err != nil {
		return err
	}
	until := jobs.DoubtOver(last, held)
	wait := until.Sub(held)
	if writes == 0 || wait <= 0 {
		return nil
	}
	if most := se.options.MaxWait; most > 0 && wait > most {
		return &doubtError{until: until, err: fmt.Errorf("%s may still take effect until %s, and --max-wait (%s) is shorter", unconfirmed(writes), clock(until), most)}
	}
	fmt.Fprintf(s.err, "waiting until %s: %s may still take effect until then\n", clock(until), unconfirmed(writes))
	if most := se.options.MaxDuration; most > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeoutCause(ctx, most, jobs.ErrDuration)
		defer cancel()
	}
	select {
	case <-time.After(wait):
	case <-ctx.Done():
		return &doubtError{until: until, err: context.Cause(ctx)}
	}
	if se.options.MaxDuration > 0 {
		se.options.MaxDuration -= wait
	}
	return nil
}
