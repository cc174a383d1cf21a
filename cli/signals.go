package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"adferry/jobs"
)

// oneSignal is how long after the first signal another is taken for the same one: timeout(1) sends
// one to the process and at once one to its group. Nobody presses Ctrl-C twice as fast. Of a
// terminal that closes both the shell and the kernel tell, which takes longer.
const oneSignal, oneHangup = 100 * time.Millisecond, time.Second

// stopSignals are the signals that end a command in good order. A process that was started
// to outlive its terminal, as nohup does, goes on ignoring SIGHUP.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// onStopSignal calls first at the first signal and again at every later one, until it is
// released.
func onStopSignal(first, again func()) (release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, stopSignals()...)
	released := make(chan struct{})
	go func() {
		var stopped time.Time
		for {
			var s os.Signal
			select {
			case <-released:
				return
			case s = <-signals:
			}
			since := time.Since(stopped)
			switch {
			case stopped.IsZero():
				first()
				stopped = time.Now() // not before: on a busy machine the second may wait as long as the first takes
			case since > oneHangup, since > oneSignal && s != syscall.SIGHUP:
				again()
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(released)
	}
}

// untilSignal is a context that the first signal ends with jobs.ErrInterrupted; a second
// one ends the process, because what only reads or waits leaves nothing to finish.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	release := onStopSignal(func() { cancel(jobs.ErrInterrupted) }, func() { os.Exit(exitStopped) })
	return ctx, func() {
		release()
		cancel(nil)
	}
}
