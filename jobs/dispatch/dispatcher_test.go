package dispatch_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// client has a number of calls, and of other work, for each of its accounts.
type client struct {
	d      *dispatch.Dispatcher
	queues []*queue
	visits int // turns of all its lanes
}

func (c *client) Prepare(time.Time)        {}
func (c *client) Next(time.Time) time.Time { return quota.Never }
func (c *client) Rest(time.Time)           {}
func (c *client) Busy() bool               { return false }
func (c *client) Doubts() bool             { return false }
func (c *client) Stuck() error             { return jobs.ErrStuck }
func (c *client) Parked(jobs.Park)         {}
func (c *client) Done() bool {
	for _, q := range c.queues {
		if q.calls > 0 || q.works > 0 {
			return false
		}
	}
	return true
}
func (c *client) Returned(*dispatch.Request, dispatch.Result, time.Time) {}
func (c *client) Learned(*dispatch.Lane, graph.Reply)                    {}

// queue is one account's.
type queue struct {
	c            *client
	lane         *dispatch.Lane
	calls, works int // left
}

func (c *client) add(account string, calls, works int) *queue {
	q := &queue{c: c, calls: calls, works: works}
	q.lane = c.d.Open(plan.Account(account), q, 1)
	c.queues = append(c.queues, q)
	q.lane.Wake()
	return q
}

// slot is what takes one: its time in the pool.
const slot = 100 * time.Millisecond

func (q *queue) Prepare(time.Time) (dispatch.Work, time.Time) {
	q.c.visits++
	if q.works == 0 {
		return nil, quota.Never
	}
	q.works--
	return func(context.Context) func() {
		busy(slot)
		return func() {}
	}, quota.Never
}

func (q *queue) Offer(_ *dispatch.Request, now time.Time) dispatch.Offer {
	if q.calls == 0 {
		return dispatch.Offer{Due: quota.Never}
	}
	return dispatch.Offer{Cost: quota.Read, Due: now}
}

func (q *queue) Take(*dispatch.Request, time.Time) (graph.Call, dispatch.Item) {
	q.calls--
	return graph.Read(string(q.lane.Account), graph.Query{}), q
}

func (q *queue) HeldBack(dispatch.Offer, *dispatch.Request, time.Time, time.Time) {}
func (q *queue) Urgent() bool                                                     { return false }
func (q *queue) GaveUp()                                                          {}
func (q *queue) Answered(*dispatch.Request, graph.Reply, time.Time)               {}
func (q *queue) Unsent(*dispatch.Request, error, time.Time)                       { q.calls++ }

// running counts what is in the pool; most is reset by a test.
var running, most atomic.Int64

func busy(d time.Duration) {
	n := running.Add(1)
	defer running.Add(-1)
	for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
	}
	time.Sleep(d)
}

// api answers every call after some time.
type api struct{}

func (api) Do(_ context.Context, calls []graph.Call) []graph.Reply {
	busy(slot)
	replies := make([]graph.Reply, len(calls))
	for i := range replies {
		replies[i].Status = 200
	}
	return replies
}

func newClient(o dispatch.Options) *client {
	most.Store(0)
	o.Rules.Mode = quota.Off
	return &client{d: dispatch.New(o)}
}

func (c *client) run(t *testing.T) {
	t.Helper()
	if err := c.d.Run(context.Background(), c, dispatch.Plain{API: api{}}); err != nil {
		t.Fatal(err)
	}
}

// Requests and other work share the bound.
func TestBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(dispatch.Options{Workers: 3})
		for i := range 4 {
			c.add(fmt.Sprint(i), 10, 5)
		}
		began := time.Now()
		c.run(t)
		if n := most.Load(); n != 3 {
			t.Errorf("got %d at once, want 3", n)
		}
		if took := time.Since(began); took != 60/3*slot {
			t.Errorf("took %v, want %v: the workers are never idle", took, 60/3*slot)
		}
	})
}

// Nothing is started with another width before all that was started with the old one ended.
func TestResizedBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(dispatch.Options{Workers: 6})
		c.add("1", 100, 0)
		time.AfterFunc(slot/2, func() {
			c.d.Steer(jobs.Steering{Workers: 2})
			most.Store(0)
		})
		c.run(t)
		if n := most.Load(); n != 2 {
			t.Errorf("got %d at once after it was set, want 2", n)
		}
	})
}

// A lane that has nothing to send has no turns, however many others send.
func TestIdleLanesCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle, calls = 5000, 200
		c := newClient(dispatch.Options{Workers: 1})
		for i := range idle {
			c.add(fmt.Sprint("idle", i), 0, 0)
		}
		c.add("1", calls, 0)
		c.run(t)
		if c.visits > idle+3*calls {
			t.Errorf("got %d turns, want one of each idle lane and a few for each call", c.visits)
		}
	})
}

// The lanes take turns: a large one does not keep the others waiting.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(dispatch.Options{Workers: 2})
		c.add("1", 1000, 0)
		small := c.add("2", 5, 0)
		time.AfterFunc(6*slot, func() {
			c.d.Tell(func() {
				if small.calls > 0 {
					t.Errorf("%d calls of the small account are left after six rounds of one each", small.calls)
				}
			})
		})
		c.run(t)
	})
}

// An observer that does not come back, because its terminal was stopped, stops nothing.
func TestObserverIsNotAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan struct{})
		c := newClient(dispatch.Options{Workers: 1, Observe: func(jobs.Event) { <-stopped }})
		c.add("1", 10, 0)
		c.d.After(time.Now().Add(slot), func() {
			for range 20_000 {
				c.d.Report(jobs.Event{Kind: jobs.EventSettled, Outcome: jobs.Outcome{State: jobs.Failed}})
			}
		})
		began := time.Now()
		c.run(t)
		if took := time.Since(began); took > 10*slot+3*time.Second {
			t.Errorf("took %v", took)
		}
		close(stopped)
	})
}

// Of events that nobody takes the settled operations are still counted.
func TestMissedEventsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 25_000
		settled, failed := 0, 0
		gate := make(chan struct{})
		c := newClient(dispatch.Options{Workers: 1, Observe: func(e jobs.Event) {
			<-gate
			switch e.Kind {
			case jobs.EventSettled:
				settled++
				if e.Outcome.State == jobs.Failed {
					failed++
				}
			case jobs.EventMissed:
				settled, failed = settled+e.Settled, failed+e.Failed
			}
		}})
		c.add("1", 10, 0)
		c.d.After(time.Now().Add(slot), func() {
			for i := range n {
				state := jobs.Done
				if i%5 == 0 {
					state = jobs.Failed
				}
				c.d.Report(jobs.Event{Kind: jobs.EventSettled, Outcome: jobs.Outcome{State: state}})
			}
			close(gate)
		})
		c.run(t)
		if settled != n || failed != n/5 {
			t.Errorf("got %d settled and %d failed, want %d and %d", settled, failed, n, n/5)
		}
	})
}
