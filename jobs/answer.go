package jobs

import (
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// answered takes the replies to a request. When the run was aborted, a reply
// without an answer says nothing: the write stays sent, and no attempt.
func (e *Engine) answered(r *request, replies []graph.Reply, aborted bool) {
	now := time.Now()
	reached := false
	for i, reply := range replies {
		reached = reached || reply.Err == nil || reply.Err.Class != graph.Unreachable
		if aborted && reply.Err != nil && reply.Err.Lost && reply.Status == 0 {
			continue
		}
		e.learn(r.lane, reply, now)
		if item := r.items[i]; item.page != nil {
			e.read(r.lane, item.page, reply, now)
		} else {
			e.wrote(item.task, reply, now)
		}
	}
	if r.probe {
		r.lane.quota.Block, e.app = r.lane.quota.Block.Returned(), e.app.Returned()
	}
	if reached {
		e.offline = offline{}
	}
}

// learn takes what a reply says of the quotas.
func (e *Engine) learn(l *lane, reply graph.Reply, now time.Time) {
	l.state.Calls++
	l.dirty = true
	usage := reply.Usage.Accounts[string(l.account)]
	switch class := classOf(reply.Err); class {
	case graph.ThrottledAccount, graph.MaybeThrottled:
		e.park(l, reply.Err, usage, now)
	case graph.ThrottledApp:
		e.parkApp(reply.Err, l, now)
	case graph.Transient, graph.Unreachable: // nothing was learned of the quota
	default:
		was := l.quota.Block.Until
		l.quota, e.app = l.quota.Passed(now), e.app.Passed(now)
		l.maybe = 0
		if !was.IsZero() && l.quota.Block.Until.IsZero() {
			e.opt.Observe(Event{Kind: EventResumed, Account: l.account})
		}
	}
	for account, u := range reply.Usage.Accounts {
		other := e.lanes[plan.Account(account)]
		if other == nil {
			continue
		}
		until := other.quota.Block.Until
		other.quota = other.quota.Observe(now, u, e.opt.Rules)
		if other.quota.Tier != other.state.Tier {
			other.state.Tier, other.dirty = other.quota.Tier, true
		}
		if other.quota.Block.Until.After(until) {
			e.parked(other, Park{Account: other.account, From: now, Until: other.quota.Block.Until}, "its quota is nearly used up")
		}
	}
	if reply.Notice != "" {
		e.warn(reply.Notice)
	}
}

// read takes the answer to a bulk read.
func (e *Engine) read(l *lane, p *page, reply graph.Reply, now time.Time) {
	if reply.Err != nil {
		e.unread(l, p, reply.Err, now)
		return
	}
	l.denials, l.narrowed = 0, min(bulk, 2*l.narrowed)%bulk
	found := map[plan.Hash]graph.Image{}
	for _, image := range reply.Images {
		if !image.Deleted() {
			found[plan.Hash(image.Hash)] = image
		}
	}
	var left []*look
	for _, k := range p.looks {
		image, present := found[k.hash]
		switch {
		case present:
			e.sighted(k, sight{known: true, present: true, inUse: image.InUse(), at: now})
		case reply.After != "":
			left = append(left, k)
		case !reply.Usage.Seen() && k.asked == 0:
			k.asked++
			l.looks.again(k, now)
		default:
			e.sighted(k, sight{known: true, at: now})
		}
	}
	if len(left) > 0 {
		l.looks.pages = append(l.looks.pages, &page{left, reply.After})
	}
}

// sighted gives a look's result to the tasks that wanted it.
func (e *Engine) sighted(k *look, s sight) {
	for _, w := range k.waiters {
		w.task.sights[w.slot] = s
		w.task.waiting--
		e.advance(w.task)
	}
}

// unread takes a read that failed: again after a throttle or a refused token,
// again later and smaller after a transient failure, not again after a refusal.
func (e *Engine) unread(l *lane, p *page, err *graph.Error, now time.Time) {
	switch {
	case err.Class.Throttled() && l.refused == nil, err.Class == graph.Unreachable, err.Class == graph.RefusedRun:
		if err.Class == graph.Unreachable {
			e.lostTouch(err, now)
		}
		if err.Class == graph.RefusedRun {
			e.halt(&RefusedError{err})
		}
		for _, k := range p.looks {
			l.looks.again(k, now)
		}
	case err.Class == graph.Transient:
		l.narrowed = max(1, len(p.looks)/2)
		for _, k := range p.looks {
			e.readLater(l, k, err, now)
		}
	default:
		if l.denials++; l.denials >= mostDenials {
			l.refused = err
		}
		for _, k := range p.looks {
			e.giveUpLook(k, err)
		}
		if l.refused != nil {
			e.emptyLooks(l)
		}
	}
}

// readLater queues a look again after a backoff, as often as a write.
func (e *Engine) readLater(l *lane, k *look, err *graph.Error, now time.Time) {
	if k.tries++; k.tries >= 2*e.opt.Attempts {
		e.giveUpLook(k, err)
		return
	}
	if k.policy == nil {
		k.policy = e.opt.backoff()
	}
	e.after(now.Add(k.policy.NextBackOff()), func() { l.looks.again(k, time.Now()) })
}

// emptyLooks answers all that was still to be read of an account given up.
func (e *Engine) emptyLooks(l *lane) {
	queue := l.looks
	l.looks = lookQueue{}
	for _, k := range queue.order {
		e.giveUpLook(k, l.refused)
	}
	for _, p := range queue.pages {
		for _, k := range p.looks {
			e.giveUpLook(k, l.refused)
		}
	}
}

func (e *Engine) giveUpLook(k *look, err *graph.Error) {
	for _, w := range k.waiters {
		w.task.waiting--
		e.unreadable(w, err)
	}
}

// unreadable ends a task for which an account could not be read. One whose
// write may have taken effect stays as it is, for a later run to settle.
func (e *Engine) unreadable(w waiter, err *graph.Error) {
	t := w.task
	if t.Outcome.State.Settled() || t.lost || t.deleted {
		return
	}
	t.last = err
	reason, message := reasonOf(err), err.Detail()
	if w.slot >= slotCopies {
		reason, message = CopyUnseen, "the target of its copy cannot be read: "+message
	}
	e.settle(t, t.fail(reason, message).outcome)
}

// wrote takes the answer to a task's write.
func (e *Engine) wrote(t *task, reply graph.Reply, now time.Time) {
	err := reply.Err
	switch classOf(err) {
	case graph.ClassUnknown:
		e.succeeded(t, reply, now)
	case graph.ThrottledAccount, graph.ThrottledApp, graph.MaybeThrottled:
		if t.home.refused != nil {
			e.settle(t, t.failed(err, 1))
			return
		}
		e.unsent(t)
	case graph.Unreachable:
		e.lostTouch(err, now)
		e.unsent(t)
	case graph.RefusedRun:
		e.unsent(t)
		e.halt(&RefusedError{err})
	case graph.Transient:
		e.lost(t, err, now)
	case graph.RefusedAccount:
		e.refuse(t, err)
		e.settle(t, t.failed(err, 1))
	default:
		t.Outcome.Attempts++
		t.last, t.lost = err, false
		if t.Kind == plan.KindDelete {
			t.refused = true
			t.forget()
			e.advance(t)
			return
		}
		e.settle(t, t.failed(err, 0))
	}
}

func (e *Engine) succeeded(t *task, reply graph.Reply, now time.Time) {
	e.works = true
	t.Outcome.Attempts++
	t.last, t.lost, t.uncounted = nil, false, false
	e.approve(t)
	if t.Kind == plan.KindDelete {
		t.deleted, t.looked = true, 0
		t.sights[slotSource] = sight{known: true, present: true, at: now}
		e.advance(t)
		return
	}
	o := t.Outcome
	o.State, o.TargetHash = Done, plan.Hash(strings.ToLower(reply.Hash))
	hash, _ := t.sourceHash()
	// Absence was read under the source's hash. Where the copy got another one,
	// whether that was there before is not known, and nobody may undo it.
	o.Created = o.TargetHash == hash
	e.settle(t, settle(o).outcome)
}

// unsent puts a write back that surely had no effect.
func (e *Engine) unsent(t *task) {
	t.Outcome.State = Pending
	t.lost = false
	e.commit.add(Change{Records: []Record{{t.ID, t.Needed, t.Outcome}}}, nil)
	t.home.ready = append([]*task{t}, t.home.ready...)
}

// lost keeps a write sent whose effect is unknown; after a backoff it is read.
func (e *Engine) lost(t *task, err *graph.Error, now time.Time) {
	t.Outcome.Attempts++
	t.lost, t.uncounted, t.last = true, false, err
	o := t.Outcome
	blame(&o, err)
	e.commit.add(Change{Records: []Record{{t.ID, t.Needed, o}}}, nil)
	if t.policy == nil {
		t.policy = e.opt.backoff()
	}
	e.after(now.Add(t.policy.NextBackOff()), func() { t.forget(); e.advance(t) })
}

// failed is the outcome of a write that the API refused.
func (t *task) failed(err *graph.Error, attempts int) Outcome {
	t.last = err
	t.Outcome.Attempts += attempts
	return t.fail(reasonOf(err), err.Detail()).outcome
}

// lookAgain forgets what has to be looked at again after a pause.
func (t *task) lookAgain() {
	if t.deleted {
		t.sights[slotSource] = sight{}
		return
	}
	for i := slotCopies; i < len(t.sights); i++ {
		if !t.sights[i].present {
			t.sights[i] = sight{}
		}
	}
}

// backoff is the schedule of one operation's or read's tries.
func (o Options) backoff() backoff.BackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(o.RetryBase),
		backoff.WithMaxInterval(o.RetryMax),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0), // tries are counted, not timed
	)
}

func classOf(e *graph.Error) graph.Class {
	if e == nil {
		return graph.ClassUnknown
	}
	return e.Class
}

// offline is the gate that closes while the API cannot be reached at all.
type offline struct {
	until  time.Time
	tries  int
	policy backoff.BackOff
}

func (o offline) over(now time.Time) bool { return !now.Before(o.until) }

// mostOffline is how often in a row a connection is tried before the run stops:
// with the default backoff, about three minutes.
const mostOffline = 9

// lostTouch closes the gate after a connection that was not made. Requests that
// failed together count once.
func (e *Engine) lostTouch(err *graph.Error, now time.Time) {
	o := &e.offline
	if !o.over(now) {
		return
	}
	if o.policy == nil {
		o.policy = e.opt.backoff()
	}
	if o.tries++; o.tries >= mostOffline {
		e.halt(&OfflineError{err})
		return
	}
	o.until = now.Add(o.policy.NextBackOff())
	if o.tries == 1 {
		e.warn(err.Message + "; trying again")
	}
}

func (e *Engine) warn(text string) { e.opt.Observe(Event{Kind: EventWarning, Text: text}) }

// park closes a lane after a throttle.
func (e *Engine) park(l *lane, err *graph.Error, u graph.AccountUsage, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	before := l.quota.Block.Until
	l.quota = l.quota.Throttled(now, err, u)
	if err.Class == graph.MaybeThrottled && l.quota.Block.Until.After(before) {
		if l.maybe++; l.maybe > mostMaybe {
			l.refused = err
			e.emptyLooks(l)
		}
	}
	if l.quota.Block.Until.After(before) {
		e.parked(l, Park{l.account, now, l.quota.Block.Until, err.Code, err.Subcode}, err.Detail())
	}
}

// mostMaybe is how many waits in a row, together some hours, a block of unknown
// kind gets before it counts as a refusal.
const mostMaybe = 5

// parkApp closes the gate for all lanes.
func (e *Engine) parkApp(err *graph.Error, l *lane, now time.Time) {
	l.state.Throttles++
	e.tally.Throttled++
	before := e.app.Until
	base, most := quota.Guess(err, l.quota.Tier)
	e.app = e.app.Close(now, 0, base, most)
	if e.app.Until.After(before) {
		e.appState.ParkedUntil, e.appState.ParkedFor = e.app.Until, err.Detail()
		e.noted(Park{"", now, e.app.Until, err.Code, err.Subcode}, err.Detail())
	}
}

// parked notes that a lane has to wait.
func (e *Engine) parked(l *lane, p Park, why string) {
	if !l.state.ParkedUntil.Before(p.From) {
		p.From = l.state.ParkedUntil // the wait grew
	}
	l.state.Parked += p.Until.Sub(p.From)
	l.state.ParkedUntil, l.state.ParkedFor, l.dirty = p.Until, why, true
	e.noted(p, why)
}

// noted makes a park durable and tells of it.
func (e *Engine) noted(p Park, why string) {
	e.commit.add(Change{Parks: []Park{p}, Lanes: e.changedLanes(), Tally: e.tally.now(time.Now())}, nil)
	e.opt.Observe(Event{Kind: EventParked, Account: p.Account, Until: p.Until, Text: why})
	if e.opt.StopOnThrottle {
		e.halt(&ThrottledError{p.Account, p.Until})
	}
}
