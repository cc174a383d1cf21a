package dispatch

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// pool runs requests and downloads in a group whose limit is the bound. That limit cannot
// change while the group runs, so a pool of another width takes nothing until the old group
// has ended. The first error cancels the context of all. A goroutine of the group does one after
// the other: a new one for each would grow its stack anew, a twentieth of the cost of a request.
type pool struct {
	group   *errgroup.Group
	next    chan func() error // what the goroutines of the group do next
	started int               // goroutines of the group
	limit   int               // of the group
	width   int               // of the next group
	running int               // slots whose end the dispatcher was not told yet
	cancel  context.CancelCauseFunc
}

// newPool makes a pool, and the context that its work is to run under.
func newPool(ctx context.Context, width int) (*pool, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &pool{group: new(errgroup.Group), next: make(chan func() error), width: width, cancel: cancel}, ctx
}

// free reports whether one more can be started, with so many left free beside it.
func (p *pool) free(others int) bool {
	if p.limit != p.width {
		if p.running > 0 {
			return false
		}
		p.end() // its slots have told all
		p.group, p.next, p.started, p.limit = new(errgroup.Group), make(chan func() error), 0, p.width
		p.group.SetLimit(p.limit)
	}
	return p.running+others < p.limit
}

// start runs do in a slot that is free. It waits at most for a slot that has told its end to
// get there.
func (p *pool) start(do func() error) {
	p.running++
	select {
	case p.next <- do:
		return
	default:
	}
	if p.started == p.limit {
		p.next <- do
		return
	}
	p.started++
	next := p.next
	p.group.Go(func() error {
		for more := true; more; do, more = <-next {
			if err := do(); err != nil {
				p.cancel(err)
			}
		}
		return nil
	})
}

// end returns when nothing of the group runs any more.
func (p *pool) end() {
	close(p.next)
	_ = p.group.Wait() // errors went through the dispatcher
}

// wait returns when nothing runs any more.
func (p *pool) wait() {
	p.end()
	p.cancel(nil)
}
