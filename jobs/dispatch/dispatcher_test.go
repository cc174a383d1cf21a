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
func (c *client) AppParked(jobs.AppPark)   {}
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
	urgent       int // of those calls
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

func (q *queue) Offer(now time.Time) dispatch.Offer {
	if q.calls == 0 {
		return dispatch.Offer{Due: quota.Never}
	}
	return dispatch.Offer{Cost: quota.Read, Due: now, Next: quota.Never}
}

func (q *queue) Take(dispatch.Offer, time.Time) (graph.Call, dispatch.Item) {
	q.calls--
	q.urgent = max(0, q.urgent-1)
	return graph.Read(string(q.lane.Account), graph.Query{}), q
}

func (q *queue) HeldBack(dispatch.Offer, bool, time.Time, time.Time) {}
func (q *queue) Urgent() bool                                        { return q.urgent > 0 }
func (q *queue) GaveUp()                                             {}
func (q *queue) TokenEnded(*graph.Error)                             {}
func (q *queue) Answered(_ *dispatch.Request, r graph.Reply, _ time.Time) {
	if r.Err != nil { // sent again
		q.calls++
	}
}
func (q *queue) Unsent(error, time.Time) { q.calls++ }

// running counts what is in the pool; most is reset by a test.
var running, most atomic.Int64

func busy(d time.Duration) {
	n := running.Add(1)
	defer running.Add(-1)
	for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
	}
	time.Sleep(d)
}

// api answers every call after some time, the first ones with a throttle of the whole app.
type api struct {
	throttles *atomic.Int64 // left
	hold      time.Duration // named by them
}

func (a api) Do(_ context.Context, calls []graph.Call) []graph.Reply {
	busy(slot)
	replies := make([]graph.Reply, len(calls))
	for i := range replies {
		replies[i].Status = 200
		if a.throttles.Add(-1) >= 0 {
			replies[i].Err = &graph.Error{Class: graph.ThrottledApp, Code: 4, Message: "too many calls", RetryAfter: a.hold}
		}
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
	if err := c.d.Run(context.Background(), c, throttling(0)); err != nil {
		t.Fatal(err)
	}
}

// throttling sends to an API that throttles so many calls, each for ten slots.
func throttling(calls int64) dispatch.Sender {
	left := new(atomic.Int64)
	left.Store(calls)
	return dispatch.Plain{API: api{left, 10 * slot}}
}

// audited reports a lane that was forgotten as an error of the test.
func audited(t *testing.T, o dispatch.Options) dispatch.Options {
	o.Audit, o.Observe = true, func(e jobs.Event) {
		if e.Text == dispatch.NotWoken {
			t.Error(e.Text)
		}
	}
	return o
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

// A lane that was urgent has no more turns afterwards than another.
func TestUrgentLaneKeepsOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const urgent, calls = 50, 40
		c := newClient(audited(t, dispatch.Options{Workers: 1}))
		first := &queue{c: c, calls: urgent + 2*calls, urgent: urgent}
		first.lane = c.d.Open("1", first, 1)
		c.queues = append(c.queues, first)
		second := c.add("2", calls, 0)
		first.lane.Wake()
		time.AfterFunc((urgent+2*calls)*slot+slot/2, func() {
			c.d.Tell(func() {
				if second.calls > 1 {
					t.Errorf("%d of %d calls of the other account are left, after each had as many turns", second.calls, calls)
				}
			})
		})
		c.run(t)
	})
}

// A lane that becomes urgent while the whole app is throttled has its turn when that is over.
func TestUrgentLaneInAppBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(audited(t, dispatch.Options{Workers: 1}))
		c.add("1", 1, 0)
		late := c.add("2", 0, 0)
		time.AfterFunc(3*slot, func() {
			c.d.Tell(func() {
				late.calls, late.urgent = 1, 1
				late.lane.Wake()
			})
		})
		began := time.Now()
		if err := c.d.Run(context.Background(), c, throttling(1)); err != nil {
			t.Fatal(err)
		}
		if took, want := time.Since(began), 13*slot; took != want { // the throttle, its wait, two calls
			t.Errorf("took %v, want %v", took, want)
		}
	})
}

// What was on its way when a run was cancelled is charged no more in the next one.
func TestRunAfterCancelledProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(audited(t, dispatch.Options{Workers: 1, CancelOnStop: true}))
		c.add("1", 1, 0)
		time.AfterFunc(11*slot+slot/2, func() { c.d.Tell(func() { c.d.Halt(jobs.ErrInterrupted) }) }) // the probe is out
		if err := c.d.Run(context.Background(), c, throttling(1)); err != jobs.ErrInterrupted {
			t.Fatalf("got %v", err)
		}
		c.queues = nil
		c.add("1", 1, 0)
		c.run(t)
	})
}

// Nothing left that could be sent ends the run, audited or not.
func TestStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(audited(t, dispatch.Options{}))
		q := c.add("1", 1, 0)
		q.lane.Queue = &mute{queue: q}
		if err := c.d.Run(context.Background(), c, throttling(0)); err != jobs.ErrStuck {
			t.Errorf("got %v", err)
		}
	})
}

// mute never offers what it has.
type mute struct{ *queue }

func (*mute) Offer(time.Time) dispatch.Offer { return dispatch.Offer{Due: quota.Never} }

// While a write is held back, a read that becomes due has its turn.
func TestHeldOfferLetsOthersPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(audited(t, dispatch.Options{Workers: 1}))
		q := c.add("1", 1, 0)
		q.lane.Queue = &twoOffers{queue: q, from: time.Now().Add(5 * slot), writes: 2}
		c.d.Steer(jobs.Steering{Workers: 1, MaxRate: 0.1}) // writes a second
		time.AfterFunc(8*slot, func() {
			c.d.Tell(func() {
				if q.calls > 0 {
					t.Error("the read waits for the write")
				}
			})
		})
		c.run(t)
	})
}

// twoOffers has writes, and a read from a moment on.
type twoOffers struct {
	*queue
	from   time.Time
	writes int
}

func (q *twoOffers) Offer(now time.Time) dispatch.Offer {
	switch {
	case q.calls > 0 && !now.Before(q.from):
		return dispatch.Offer{Cost: quota.Read, Due: now, Next: quota.Never}
	case q.writes > 0:
		return dispatch.Offer{Cost: quota.Write, Due: now, Next: q.from}
	}
	return dispatch.Offer{Due: quota.Never}
}

func (q *twoOffers) Take(o dispatch.Offer, now time.Time) (graph.Call, dispatch.Item) {
	if o.Cost == quota.Read {
		return q.queue.Take(o, now)
	}
	q.writes--
	return graph.Delete(string(q.lane.Account), "h"), q.queue
}
