package fleet_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/fleet"
	"adferry/jobs/store"
	"adferry/plan"
)

// hanging is a backup in a folder that hangs until it is answered.
type hanging struct {
	answer chan struct{}
	saved  atomic.Int32
	waits  atomic.Int32
}

func (h *hanging) Save(context.Context, plan.Account, graph.Image) (graph.Sum, error) {
	h.waits.Add(1)
	<-h.answer
	return graph.Sum{byte(h.saved.Add(1))}, nil
}

func (*hanging) Vouch(graph.Sum, plan.Hash) error { return nil }

// A worker leaves a job alone whose folder hangs, and goes on with it once it answers.
func TestFolderHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{}, moves(10))
		h := &hanging{answer: make(chan struct{})}
		stop := l.start(engine.Options{Backup: h})
		l.until("the job is left alone", func() bool { return l.count(fleet.JobOffline) > 0 })
		if h.waits.Load() == 0 || l.count(fleet.JobPaused)+l.count(fleet.Lost) > 0 {
			t.Errorf("got events %v", l.events)
		}
		close(h.answer)
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		l.world.Once()
	})
}

// A worker that was cut off while a folder hangs joins again, and goes on once it answers.
func TestCutOffWhileItHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{}, moves(10))
		h := &hanging{answer: make(chan struct{})}
		o := l.options(engine.Options{Backup: h})
		cut := &cutOff{Board: l.board}
		o.Board = cut
		stop := l.run(o)
		l.until("a picture is kept", func() bool { return h.waits.Load() > 0 })
		cut.lost.Store(true)
		l.until("the lease is lost", func() bool { return l.count(fleet.Lost) > 0 })
		began := time.Now()
		l.until("it has joined again", func() bool { return l.count(fleet.Joined) > 1 })
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("it joined again after %v", took)
		}
		close(h.answer)
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		l.world.Once()
	})
}

// A worker that is stopped ends, whatever hangs; another one goes on.
func TestStoppedWhileItHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{}, moves(10))
		h := &hanging{answer: make(chan struct{})}
		ends := func(stop func(), most time.Duration) {
			t.Helper()
			began := time.Now()
			stop()
			if took := time.Since(began); took > most {
				t.Errorf("it ended after %v, want at most %v", took, most)
			}
		}
		stop := l.start(engine.Options{Backup: h})
		l.until("a picture is kept", func() bool { return h.waits.Load() > 0 })
		ends(stop, 3*time.Minute)

		o := l.options(engine.Options{})
		setup, begun := o.Setup, atomic.Bool{}
		o.Setup = func(ctx context.Context, name string, job *store.Job, m store.Meta) (fleet.Setup, error) {
			begun.Store(true)
			<-h.answer
			return setup(ctx, name, job, m)
		}
		stop = l.run(o)
		l.until("the job is opened", begun.Load)
		ends(stop, 10*time.Second)

		close(h.answer)
		stop = l.start(engine.Options{Backup: h})
		l.until("the job is finished", l.finished)
		ends(stop, time.Minute)
		l.close()
		l.world.Once()
	})
}
