package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"syscall"
)

var errOutput = errors.New("the output cannot be written")

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
		o.err = fmt.Errorf("%w: %w", errOutput, err)
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

// ignoreBrokenPipe is no error for a reader of the output that has seen enough, as head has.
func ignoreBrokenPipe(err error) error {
	windows := runtime.GOOS == "windows" && (errors.Is(err, syscall.Errno(109)) || errors.Is(err, syscall.Errno(232)))
	if windows || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}
