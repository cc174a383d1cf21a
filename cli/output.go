package cli

import (
	"errors"
	"io"
	"runtime"
	"syscall"
)

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
		complain(stderr, o.err.Error())
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
