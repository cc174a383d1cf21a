package dispatch

import (
	"context"
	"sync"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Client has something to send: the engine, or a scan of the reader. Its methods run in the
// goroutine of [Dispatcher.Run].
type Client interface {
	// Prepare is called before the lanes take turns.
	Prepare(now time.Time)
	// Next says after the turns when to call Prepare again even if nothing happens; quota.Never
	// if there is no need.
	Next(now time.Time) time.Time
	// Rest is called before the dispatcher waits.
	Rest(now time.Time)
	// Busy reports whether something of the client is under way that will Tell the dispatcher.
	Busy() bool
	// Doubts reports whether the client waits to ask again because it doubts an answer.
	Doubts() bool
	// Done reports whether nothing is left to do.
	Done() bool
	// Stuck is why nothing is left that could be sent although it is not done.
	Stuck() error
	// Returned takes a request that is no longer on its way, before its items do.
	Returned(r *Request, res Result, now time.Time)
	// Parked takes a wait that the API imposed, to make it durable.
	Parked(p jobs.Park)
	// AppParked takes a wait that the API imposed on an app, for others that use the app.
	AppParked(p jobs.AppPark)
	// Learned takes what changed of the quota of a lane with work.
	Learned(l *Lane, reply graph.Reply)
}

// Dispatcher decides who sends next. Everything of it belongs to the goroutine of Run,
// but for Tell, Steer and Stop, which may be called from any.
type Dispatcher struct {
	opt       Options
	client    Client
	sender    Sender
	pool      *pool
	lanes     map[plan.Account]*Lane
	order     []*Lane         // all lanes, in the order in which they came
	gates     []*Gate         // one for each app
	logins    []*login        // one for each credential
	turn      int             // counts the turns of gates
	earlier   *jobs.LaneState // of the app, from an earlier process
	contact   contact
	headers   headers
	sleeping  sleepers // lanes that could send at a later moment
	urgent    []*Lane  // lanes whose turn comes before all others
	awaiting  []*Lane  // lanes that any answer may help
	held      int      // lanes that a quota or a throttle keeps from sending
	blocked   bool     // the app's quota keeps something from being sent
	keepFree  int      // workers that are kept free for urgent lanes
	requests  []*Request
	asking    bool          // the neutral question is on its way, and nothing else leaves
	idle      time.Time     // since when nothing but waits is left to do; zero: something else is
	waited    time.Duration // for how long nothing but waits was left to do, so far
	throttled int
	unsaved   bool // a wait changed that the checkpoint should have at once
	paused    bool // nothing is sent until it goes on
	draining  bool // ... or any more
	timers    timers
	until     time.Time // when the run has lasted long enough
	stop      error     // why nothing more is sent
	rescued   bool      // all lanes were woken because none was, and nothing was sent since
	events    *events

	mail mailbox
}

// mailbox is what other goroutines leave for the dispatcher.
type mailbox struct {
	inbox    chan func()
	stopOnce sync.Once
	stopped  chan struct{} // Stop was called
	cause    error
	mu       sync.Mutex
	steering *jobs.Steering
	steered  chan struct{} // holds one when steering is set
}

// New makes a dispatcher without lanes.
func New(opt Options) *Dispatcher {
	return &Dispatcher{
		opt: opt.WithDefaults(), lanes: map[plan.Account]*Lane{},
		mail: mailbox{inbox: make(chan func()), stopped: make(chan struct{}), steered: make(chan struct{}, 1)},
	}
}

// Stop asks the dispatcher to send nothing more and Run to return cause once the requests
// in flight have ended. Only the first call counts.
func (d *Dispatcher) Stop(cause error) {
	d.mail.stopOnce.Do(func() {
		d.mail.cause = cause
		close(d.mail.stopped)
	})
}

// Tell has do run in the dispatcher's goroutine, and waits until it is taken.
func (d *Dispatcher) Tell(do func()) { d.mail.inbox <- do }

// Run sends what the client has until it is done, or until it has to stop, and returns why:
// an error of package jobs, the client's own, or ctx's cause. When ctx ends, the requests in
// flight are aborted.
func (d *Dispatcher) Run(ctx context.Context, client Client, sender Sender) error {
	d.client, d.sender, d.stop, d.idle = client, sender, nil, time.Time{}
	d.contact = contact{LastAnswer: d.contact.LastAnswer}
	d.pool, ctx = newPool(ctx, d.opt.Workers)
	d.events = newEvents(d.opt.Observe)
	defer d.events.close()
	if d.until = quota.Never; d.opt.MaxDuration > 0 {
		d.until = time.Now().Add(d.opt.MaxDuration)
	}
	d.loop(ctx)
	d.pool.wait()
	if d.stop == nil {
		d.stop = d.endedTokens()
	}
	for _, l := range d.order {
		l.close()
	}
	for _, g := range d.gates {
		g.ring = nil
	}
	for _, o := range d.logins {
		o.trust, o.ended = trust{}, nil
	}
	d.urgent, d.awaiting, d.timers = nil, nil, nil
	return d.stop
}

// Impatient sets whether an ad account that may be blocked is given up at once.
func (d *Dispatcher) Impatient(yes bool) { d.opt.Impatient = yes }

func (d *Dispatcher) loop(ctx context.Context) {
	for stopped := d.mail.stopped; ; {
		now := time.Now()
		switch {
		case ctx.Err() != nil:
			d.Halt(context.Cause(ctx))
		case !now.Before(d.until):
			d.Halt(jobs.ErrDuration)
		}
		d.applySteering(now)
		d.fire(now)
		if d.going() {
			d.client.Prepare(now)
		}
		wake := quota.Never
		if d.going() {
			wake = d.takeTurns(ctx, now)
			wake = quota.Earlier(wake, d.client.Next(now))
		}
		if d.stop != nil && d.opt.CancelOnStop {
			d.pool.cancel(d.stop)
		}
		if d.Quiet() && (d.stop != nil || !d.doubted() && d.client.Done()) {
			return
		}
		if d.going() && d.opt.Audit && !d.blocked { // else the app's quota ended the turns
			wake = quota.Earlier(wake, d.audit(ctx, now))
		}
		wake = quota.Earlier(wake, d.timers.next())
		if d.going() && (d.stuck(wake) || d.tooLong(now, quota.Earlier(wake, d.until))) {
			continue
		}
		d.client.Rest(now)
		d.sleep(ctx, now, quota.Earlier(wake, d.until), &stopped)
	}
}

// going reports whether something may be sent.
func (d *Dispatcher) going() bool { return d.stop == nil && !d.paused && !d.draining }

// Quiet reports whether nothing is under way that could bring more to send.
func (d *Dispatcher) Quiet() bool { return d.pool.running == 0 && !d.client.Busy() }

// stuck reports whether nothing is awaited any more, and then does something about it: a
// lane that can send and was not woken would be a defect, but not a reason to lose a job.
func (d *Dispatcher) stuck(wake time.Time) bool {
	if !d.Quiet() || !wake.Equal(quota.Never) {
		return false
	}
	if d.rescued {
		d.Halt(d.stuckError())
		return true
	}
	d.rescued = true
	for _, l := range d.order {
		l.Wake()
	}
	return true
}

// audit gives a turn to all lanes that no quota keeps from sending (when it will allow more is
// an estimate): what is sent then was forgotten.
func (d *Dispatcher) audit(ctx context.Context, now time.Time) (wake time.Time) {
	for _, l := range d.order {
		if !l.held {
			l.Wake()
		}
	}
	before := d.rescued
	d.rescued = true
	wake = d.takeTurns(ctx, now)
	d.rescued = before && d.rescued // starting something ends it
	return wake
}

// sleep waits until something happens or wake comes.
func (d *Dispatcher) sleep(ctx context.Context, now, wake time.Time, stopped *chan struct{}) {
	var due <-chan time.Time
	if d.stop == nil && wake.Before(quota.Never) {
		t := time.NewTimer(wake.Sub(now))
		defer t.Stop()
		due = t.C
	}
	// After the context ended only the workers are waited for: they end at once.
	done := ctx.Done()
	if d.stop != nil {
		done = nil
	}
	waiting := d.waiting()
	select {
	case message := <-d.mail.inbox:
		message()
		for more := true; more; {
			select {
			case message := <-d.mail.inbox:
				message()
			default:
				more = false
			}
		}
	case <-due:
	case <-done:
	case <-d.mail.steered:
	case <-*stopped:
		*stopped = nil
		d.Halt(d.mail.cause)
	}
	if waiting {
		d.waited += time.Since(now)
	}
}

// Halt stops sending. Only the first cause counts.
func (d *Dispatcher) Halt(cause error) {
	if d.stop == nil {
		d.stop = cause
	}
}

// After has do run in the dispatcher's goroutine at the given moment, unless the run stops
// before.
func (d *Dispatcher) After(at time.Time, do func()) { d.timers.add(at, do) }

func (d *Dispatcher) fire(now time.Time) {
	for d.stop == nil {
		do := d.timers.due(now)
		if do == nil {
			return
		}
		do()
	}
}

// Waited is for how long nothing but waits was left to do since the last call.
func (d *Dispatcher) Waited() time.Duration {
	w := d.waited
	d.waited = 0
	return w
}

// DownSince is since when the API cannot be reached; zero: it can.
func (d *Dispatcher) DownSince() time.Time { return d.contact.Since }

// Throttled is how many calls were throttled since the last call.
func (d *Dispatcher) Throttled() int {
	n := d.throttled
	d.throttled = 0
	return n
}

// HasTimers reports whether something is due later.
func (d *Dispatcher) HasTimers() bool { return len(d.timers) > 0 }

// KeepFree has n workers kept free for urgent lanes.
func (d *Dispatcher) KeepFree(n int) { d.keepFree = n }

// Report tells the observer of the run what happened. It does not wait.
func (d *Dispatcher) Report(e jobs.Event) { d.events.add(e) }

// Warn tells people something about the run.
func (d *Dispatcher) Warn(text string) {
	d.Report(jobs.Event{Kind: jobs.EventWarning, Text: text})
}

// Rules are the budgets that hold now.
func (d *Dispatcher) Rules() quota.Rules { return d.opt.Rules }

// Workers is how many requests may be in flight now.
func (d *Dispatcher) Workers() int { return d.opt.Workers }
