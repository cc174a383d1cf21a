package engine

import (
	"context"
	"time"

	"adferry/jobs"
)

// loader reads operations from the checkpoint, one lane after the other, so that the
// dispatcher never waits for the disk.
type loader struct {
	e           *Engine
	outstanding int // loads whose end the dispatcher was not told yet
	pending     *mailbox[load]
}

// load is what is read for a lane, and what to do with it in the dispatcher before its
// operations become tasks.
type load struct {
	lane *lane
	read func(context.Context) ([]jobs.Operation, error)
	then func([]jobs.Operation)
}

func newLoader(ctx context.Context, e *Engine) *loader {
	d := &loader{e: e}
	d.pending = newMailbox(func(all []load) {
		for _, p := range all {
			operations, err := p.read(ctx)
			e.d.Tell(func() { d.done(p, operations, err, ctx.Err() != nil) })
		}
	})
	return d
}

// add starts to load operations of a lane, which has no other load on its way. Only the
// dispatcher calls it.
func (d *loader) add(l *lane, read func(context.Context) ([]jobs.Operation, error), then func([]jobs.Operation)) {
	l.loading = true
	d.outstanding++
	d.pending.add(load{l, read, then})
}

func (d *loader) close() { d.pending.close() }

// done runs in the dispatcher.
func (d *loader) done(p load, operations []jobs.Operation, err error, aborted bool) {
	d.outstanding--
	p.lane.loading = false
	if err != nil {
		if !aborted {
			d.e.d.Halt(&jobs.CheckpointError{Err: err})
		}
		return
	}
	if p.then != nil {
		p.then(operations)
	}
	d.e.admit(p.lane, operations, time.Now())
	p.lane.noteMore()
	p.lane.wantMore()
}
