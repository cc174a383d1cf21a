package fleet_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/fleet"
	"adferry/jobs/store"
)

// Why a worker cannot set up a job is known to all, and it tries again later.
func TestSetupRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{}, moves(10))
		o := l.options(engine.Options{})
		setup, refused := o.Setup, 0
		o.Setup = func(ctx context.Context, name string, job *store.Job, m store.Meta) (fleet.Setup, error) {
			if refused < 2 {
				refused++
				return fleet.Setup{}, errors.New("it contradicts job spring")
			}
			return setup(ctx, name, job, m)
		}
		stop := l.run(o)
		l.until("the others know why", func() bool {
			workers, err := l.board.Workers(t.Context())
			return err == nil && len(workers) == 1 && workers[0].Refused["autumn"] == "it contradicts job spring"
		})
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if l.count(fleet.JobRefused) != 1 || l.count(fleet.Lost) != 0 {
			t.Errorf("got events %v", l.events)
		}
	})
}

// A sweep that the database does not allow now is made later; the lease says whether the worker goes on.
func TestSweepFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(200))
		o := l.options(engine.Options{Workers: 2})
		passing := errors.New("too many connections")
		list, times := o.Jobs, 0
		o.Lost = func(err error) bool { return errors.Is(err, passing) }
		o.Jobs = func(ctx context.Context, visit func(string, *store.Job) error) error {
			if times++; times > 1 && times < 10 {
				return passing
			}
			return list(ctx, visit)
		}
		stop := l.run(o)
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if times < 10 || l.count(fleet.Lost) != 0 || l.count(fleet.Joined) != 1 {
			t.Errorf("after %d sweeps: got events %v", times, l.events)
		}
	})
}
