package jobs

import (
	"time"

	"adferry/graph"
	"adferry/plan"
)

// read takes the answer to a bulk read.
func (e *Engine) read(l *lane, p *page, reply graph.Reply, now time.Time) {
	if reply.Err != nil {
		e.unread(l, p, reply.Err, now)
		return
	}
	l.denials, l.narrowed = 0, min(bulk, 2*l.narrowed)%bulk
	switch {
	case reply.Usage.Seen():
		e.hear(headersSent, now)
	case len(reply.Images) > 0:
		e.hear(headersMissing, now)
	}
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
			e.sighted(k, e.sight(image, k.asks, now))
		case reply.After != "":
			left = append(left, k)
		case !reply.Usage.Seen() && k.asked < len(doubts[e.headers]):
			pause := doubts[e.headers][k.asked]
			k.asked++
			e.after(now.Add(pause), func() { e.reread(l, k, time.Now()) })
		case !reply.Usage.Seen() && e.headers == headersSent:
			e.undecided(k)
		default:
			e.sighted(k, sight{known: true, at: now})
		}
	}
	if len(left) > 0 {
		// What was found may be deleted before the next page is read, and the cursor
		// on it be refused: the rest is asked for anew. Only a page that showed
		// nothing of it is gone past.
		next := &page{looks: left}
		if len(left) == len(p.looks) {
			next.after = reply.After
		}
		l.looks.pages = append(l.looks.pages, next)
	}
}

// sight is what an answer says of an image that is there.
func (e *Engine) sight(image graph.Image, asks asks, now time.Time) sight {
	s := sight{known: true, present: true, inUse: image.InUse(), at: now}
	if asks&askPicture != 0 {
		s.image = &image
	}
	if created, ok := image.CreatedAt(); ok {
		s.since = e.clock.local(created)
	}
	return s
}

// headers says whether answers to reads carry quota headers, as far as is known.
type headers uint8

const (
	headersUnknown headers = iota
	headersMissing         // an answer that shows images carried none
	headersSent
)

// hear notes whether an answer to a read carried a quota header. The checkpoint
// is told as well: what the next process hears first may come from an account that
// is throttled.
func (e *Engine) hear(h headers, now time.Time) {
	e.headers = h
	if sent := h == headersSent; e.tally.HeadersSent != sent {
		e.tally.HeadersSent = sent
		e.commit.add(Change{Tally: e.tally.now(now)}, nil)
	}
}

// doubts are the pauses before asking again about an image that an answer
// without a quota header did not show. Asking twice is enough where such headers
// are not known to be sent at all; where they are, the account is taken to be
// throttled, and the pauses outlast the documented blocks and an hour's budget.
// After them it is still no proof: what wanted to know is left for a later run.
var doubts = [...][]time.Duration{
	headersUnknown: {time.Second},
	headersMissing: {0},
	headersSent:    {time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute},
}

// undecided leaves the tasks that wanted a look: nothing will tell in this run.
func (e *Engine) undecided(k *look) {
	for _, w := range k.waiters {
		w.task.waiting--
		e.strand(w.task)
	}
}

// strand leaves a task as it is for a later run; its place is free for others.
func (e *Engine) strand(t *task) {
	if !t.stranded && !t.Outcome.State.Settled() {
		t.stranded, e.adrift = true, true
		t.home.held--
	}
	e.tried(t)
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
			e.reread(l, k, now)
		}
	case err.Class.Throttled(): // no more of an account given up
		for _, k := range p.looks {
			e.giveUpLook(k, l.refused)
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
			e.abandon(l)
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
	e.after(now.Add(k.policy.NextBackOff()), func() { e.reread(l, k, time.Now()) })
}

// reread repeats a look, unless its account was given up meanwhile.
func (e *Engine) reread(l *lane, k *look, now time.Time) {
	if l.refused != nil {
		e.giveUpLook(k, l.refused)
		return
	}
	l.looks.again(k, now)
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
	switch {
	case t.Outcome.State.Settled() || t.lost || t.deleted:
		e.strand(t)
		return
	case t.stored: // done, and nothing tells whether an undo may take it back
		o := t.Outcome
		o.State = Done
		e.settle(t, settle(o).outcome)
		return
	}
	t.last = err
	reason, message := reasonOf(err), err.Detail()
	if w.slot >= slotCopies {
		reason, message = CopyUnseen, "the target of its copy cannot be read: "+message
	}
	e.settle(t, t.fail(reason, message).outcome)
}
