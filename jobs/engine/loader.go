package engine

import (
	"context"
	"sync"
	"time"

	"adferry/jobs"
)

// loader reads operations from the checkpoint, one lane after the other, so that the
// dispatcher never waits for the disk.
type loader struct {
	e           *Engine
	outstanding int // loads whose end the dispatcher was not told yet

	mu      sync.Mutex
	pending []load
	wake    chan struct{} // holds one when something is pending
	quit    chan struct{}
	ended   chan struct{}
}

// load is what is read for a lane, and what to do with it in the dispatcher before its
// operations become tasks.
type load struct {
	lane *lane
	read func(context.Context) ([]jobs.Operation, error)
	then func([]jobs.Operation)
}

func newLoader(ctx context.Context, e *Engine) *loader {
	d := &loader{e: e, wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go d.run(ctx)
	return d
}

// add starts to load operations of a lane, which has no other load on its way. Only the
// dispatcher calls it.
func (d *loader) add(l *lane, read func(context.Context) ([]jobs.Operation, error), then func([]jobs.Operation)) {
	l.loading = true
	d.outstanding++
	d.mu.Lock()
	d.pending = append(d.pending, load{l, read, then})
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *loader) close() {
	close(d.quit)
	<-d.ended
}

func (d *loader) run(ctx context.Context) {
	defer close(d.ended)
	for {
		select {
		case <-d.wake:
		case <-d.quit:
			return
		}
		d.mu.Lock()
		pending := d.pending
		d.pending = nil
		d.mu.Unlock()
		for _, p := range pending {
			operations, err := p.read(ctx)
			d.e.d.Tell(func() { d.done(p, operations, err, ctx.Err() != nil) })
		}
	}
}

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
