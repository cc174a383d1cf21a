package dispatch

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Pool runs requests, up to its width at once. The limit of an errgroup
// cannot change while it runs, so a new width starts a new group beside the old one; until
// the old one is empty, the dispatcher counts the requests in flight. The first error
// cancels the context of all.
type Pool struct {
	groups []*errgroup.Group // the last one takes requests
	cancel context.CancelCauseFunc
}

// NewPool makes a pool, and the context that its requests are to run under.
func NewPool(ctx context.Context, width int) (*Pool, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	p := &Pool{cancel: cancel}
	p.Resize(width)
	return p, ctx
}

func (p *Pool) Resize(width int) {
	g := new(errgroup.Group)
	g.SetLimit(width)
	p.groups = append(p.groups, g)
}

func (p *Pool) Go(do func() error) {
	p.groups[len(p.groups)-1].Go(func() error {
		err := do()
		if err != nil {
			p.cancel(err)
		}
		return err
	})
}

// Wait returns when nothing runs any more.
func (p *Pool) Wait() {
	for _, g := range p.groups {
		_ = g.Wait() // workers return their errors through the inbox, too
	}
	p.cancel(nil)
}
