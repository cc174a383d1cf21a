package dispatch

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// pool runs requests and downloads in a group whose limit is the bound. That limit cannot
// change while the group runs, so a pool of another width takes nothing until the old group
// has ended. The first error cancels the context of all.
type pool struct {
	group   *errgroup.Group
	limit   int // of the group
	width   int // of the next group
	running int // slots whose end the dispatcher was not told yet
	cancel  context.CancelCauseFunc
}

// newPool makes a pool, and the context that its work is to run under.
func newPool(ctx context.Context, width int) (*pool, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &pool{group: new(errgroup.Group), width: width, cancel: cancel}, ctx
}

// free reports whether one more can be started, with so many left free beside it.
func (p *pool) free(others int) bool {
	if p.limit != p.width {
		if p.running > 0 {
			return false
		}
		_ = p.group.Wait() // its slots have told all, and end now
		p.group, p.limit = new(errgroup.Group), p.width
		p.group.SetLimit(p.limit)
	}
	return p.running+others < p.limit
}

// start runs do in a slot that is free. It waits at most for a slot that has told its end to
// get there.
func (p *pool) start(do func() error) {
	p.running++
	p.group.Go(func() error {
		err := do()
		if err != nil {
			p.cancel(err)
		}
		return err
	})
}

// wait returns when nothing runs any more.
func (p *pool) wait() {
	_ = p.group.Wait() // its errors went through the dispatcher
	p.cancel(nil)
}
