package reader

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// scan is one call of a Reader's method: ad accounts that are read side by side. As in
// the engine one goroutine owns all of it and a bounded pool makes the requests, so that
// no worker ever waits for a quota.
type scan struct {
	*Reader
	all      []*accountScan
	open     []*accountScan // those with something left to read, which take turns
	turn     int
	hurried  bool // doubtful answers and accounts that may be blocked are not waited for
	inflight int
	blocked  bool // a quota keeps something from being sent
	trust    dispatch.Trust
	asking   bool        // the neutral question is on its way, and nothing else leaves
	sent     []time.Time // when the reads on their way were sent
	idle     time.Time   // since when nothing but waits is left to do; zero: something else is
	wait     ownWait
	until    time.Time
	stop     error

	pool  *errgroup.Group
	inbox chan func()
}

// accountScan is an ad account that is being read.
type accountScan struct {
	account plan.Account
	quota   *quota.Lane
	backlog backlog
	release func()         // ends the backlog
	queue   []*pageRequest // what to read next, or again
	out     int            // reads on their way
	width   dispatch.Width
	maybe   int // throttles in a row that may be a block
	denials int // refusals in a row
	held    int // refused reads of which it is not known yet what was refused
	wait    ownWait
	refused *graph.Error // why nothing more is read
}

func (s *accountScan) done() bool {
	return s.out == 0 && s.held == 0 && (s.refused != nil || len(s.queue) == 0 && s.backlog.done())
}

// run reads until nothing is left, or until it has to stop. Then reads that are on their
// way are cancelled: they change nothing.
func (t *scan) run(ctx context.Context) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	t.contact = dispatch.Contact{LastAnswer: t.contact.LastAnswer}
	t.pool = new(errgroup.Group)
	t.pool.SetLimit(t.opt.Workers)
	if t.until = quota.Never; t.opt.MaxDuration > 0 {
		t.until = time.Now().Add(t.opt.MaxDuration)
	}
	for {
		now := time.Now()
		switch {
		case t.stop != nil:
		case ctx.Err() != nil:
			t.stop = context.Cause(ctx)
		case !now.Before(t.until):
			t.stop = jobs.ErrDuration
		}
		wake := quota.Never
		if t.stop == nil {
			wake = t.dispatch(ctx, now)
		}
		if t.stop != nil {
			leave()
		}
		t.open = slices.DeleteFunc(t.open, (*accountScan).done)
		if t.inflight == 0 && (t.stop != nil || len(t.open) == 0 && !t.trust.Doubted()) {
			_ = t.pool.Wait() // they return nothing
			return t.stop
		}
		if t.inflight == 0 && t.stop == nil {
			if t.stop = t.tooLong(now, wake); t.stop != nil {
				continue
			}
		}
		t.sleep(ctx, now, dispatch.Sooner(wake, t.until))
	}
}

// sleep waits for an answer or for the moment wake.
func (t *scan) sleep(ctx context.Context, now, wake time.Time) {
	var due <-chan time.Time
	if t.stop == nil && wake.Before(quota.Never) {
		timer := time.NewTimer(wake.Sub(now))
		defer timer.Stop()
		due = timer.C
	}
	done := ctx.Done()
	if t.stop != nil { // only what is on its way is waited for
		done = nil
	}
	select {
	case answer := <-t.inbox:
		answer()
	case <-due:
	case <-done:
	}
}

// tooLong is the error if nothing is on its way and the next wait is longer than
// allowed, or nothing is awaited at all.
func (t *scan) tooLong(now, wake time.Time) error {
	if t.idle.IsZero() {
		t.idle = now
	}
	switch {
	case wake.Equal(quota.Never):
		return jobs.ErrStuck
	case t.opt.MaxWait == 0 || wake.Sub(t.idle) <= t.opt.MaxWait:
		return nil
	case t.contact.Err != nil:
		return &jobs.OfflineError{Err: t.contact.Err}
	}
	held := t.blocked
	stop := &jobs.ThrottledError{Until: wake}
	for _, s := range t.open {
		held = held || slices.ContainsFunc(s.queue, func(e *pageRequest) bool { return e.asked > 0 })
		if s.quota.Block.Until.Equal(wake) {
			stop.Account = s.account
		}
	}
	if !held { // a failed read is tried again soon
		return nil
	}
	if stop.Account == "" && !t.app.Block.Closed(now) {
		for _, w := range append([]*ownWait{&t.wait}, waitsOf(t.open)...) {
			if w.until.After(now) {
				stop.Account, stop.Why = w.account, w.why
			}
		}
	}
	return stop
}

func waitsOf(open []*accountScan) (all []*ownWait) {
	for _, s := range open {
		all = append(all, &s.wait)
	}
	return all
}

// dispatch sends as many reads as may be sent, account after account, and says when more
// could.
func (t *scan) dispatch(ctx context.Context, now time.Time) (wake time.Time) {
	t.blocked = false
	if t.asking {
		return quota.Never
	}
	switch may, at := t.contact.Gate(now); may {
	case dispatch.GateClosed:
		return at
	case dispatch.GateNeutral:
		return t.askNeutralIfAllowed(ctx, now)
	case dispatch.GateTrial:
		if t.inflight > 0 {
			return quota.Never
		}
	}
	wake = quota.Never
	for idle := 0; t.inflight < t.opt.Workers && idle < len(t.open) && t.stop == nil && !t.contact.Trial; {
		t.turn = (t.turn + 1) % len(t.open)
		s := t.open[t.turn]
		if t.trust.Refused[s.account] > 0 || s.denials > 0 && s.out > 0 { // one at a time: a few refusals in a row decide
			idle++
			continue
		}
		if at := t.readyAt(s, now); at.After(now) {
			idle++
			wake = dispatch.Sooner(wake, at)
			continue
		}
		idle = 0
		t.send(ctx, s, now)
	}
	if t.trust.Doubted() {
		since := t.trust.Since()
		if t.trust.Asks(slices.ContainsFunc(t.sent, func(left time.Time) bool { return left.After(since) }), now) {
			return dispatch.Sooner(wake, t.askNeutralIfAllowed(ctx, now))
		}
		if t.trust.Due.After(now) {
			wake = dispatch.Sooner(wake, t.trust.Due)
		}
	}
	return wake
}

// readyAt is when the account's next read may be sent; it puts that read first in the
// queue.
func (t *scan) readyAt(s *accountScan, now time.Time) time.Time {
	if s.refused != nil {
		return quota.Never
	}
	first := 0
	for i, e := range s.queue {
		if e.due.Before(s.queue[first].due) {
			first = i
		}
	}
	if len(s.queue) == 0 || s.queue[first].due.After(now) {
		e, err := s.backlog.next(s.width.Now, s.out+len(s.queue))
		if err != nil {
			t.stop = err
			return quota.Never
		}
		if e != nil {
			s.queue = append(s.queue, e)
			first = len(s.queue) - 1
		}
	}
	if len(s.queue) == 0 {
		return quota.Never
	}
	s.queue[0], s.queue[first] = s.queue[first], s.queue[0]
	if due := s.queue[0].due; due.After(now) {
		return due
	}
	at := s.quota.Next(now, quota.Read, t.opt.Rules)
	if app := t.app.Next(now); app.After(at) {
		at = app
	}
	if at.After(now) {
		t.blocked = true
		t.reportQuotaWait(s, at, now)
	}
	return at
}

// send sends the account's next read.
func (t *scan) send(ctx context.Context, s *accountScan, now time.Time) {
	e := s.queue[0]
	s.queue = s.queue[1:]
	most := s.width.Now
	if e.alone {
		most = 1
	}
	e.query = s.backlog.query(e, most)
	*s.quota, t.app = s.quota.Spend(now, quota.Read, t.opt.Rules), t.app.Spend(now)
	t.sharePace(s)
	s.out++
	t.inflight++
	t.sent = append(t.sent, now)
	if t.contact.Trial = t.contact.Err != nil; !t.contact.Trial {
		t.idle = time.Time{}
	}
	call := graph.Read(string(s.account), e.query)
	t.pool.Go(func() error {
		reply := t.api.Do(ctx, []graph.Call{call})[0]
		t.inbox <- func() {
			s.out--
			t.inflight--
			i := slices.Index(t.sent, now)
			t.sent = slices.Delete(t.sent, i, i+1)
			t.contact.Trial = false
			*s.quota, t.app = s.quota.Answered(quota.Read), t.app.Answered()
			if t.stop == nil && ctx.Err() == nil {
				t.answered(s, e, reply, now, time.Now())
			}
			s.quota.Block, t.app.Block = s.quota.Block.Returned(now), t.app.Block.Returned(now)
		}
		return nil
	})
}
