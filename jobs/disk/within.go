package disk

import (
	"context"
	"errors"
	"time"
)

// ErrHangs is why nobody waits any longer for a file system, such as one on another machine that is
// gone.
var ErrHangs = errors.New("the file system does not answer")

// grace is how long what is done has to end by itself once its time is over.
const grace = 2 * time.Second

// Within does something with files, and returns ErrHangs soon after ctx has ended if it has not ended
// by then. It goes on in a goroutine of its own until the file system answers.
func Within[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		value, err := do()
		ended <- result{value, err}
	}()
	select {
	case r := <-ended:
		return r.value, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-ended:
		return r.value, r.err
	case <-time.After(grace):
		var none T
		return none, ErrHangs
	}
}
