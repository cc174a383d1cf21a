package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/evidence"
	"adferry/jobs/quota"
	"adferry/plan"
)

// readAnswered handles the reply to a bulk read that was sent at the given moment.
func (e *Engine) readAnswered(l *lane, p *bulkRead, reply graph.Reply, sent, now time.Time) {
	if reply.Err != nil {
		e.readFailed(l, p, reply.Err, sent, now)
		return
	}
	question := p.question(l.Account)
	e.tellsStatus = e.tellsStatus || evidence.TellsStatus(reply)
	question.ExpectStatus = e.tellsStatus
	answer := question.Judge(reply)
	if answer.Rest == evidence.RestNextPage && p.empty+1 >= evidence.MaxEmptyPages {
		answer.Rest, answer.Why = evidence.RestNotKnown, "page after page shows nothing of what was asked for"
	}
	if answer.Rest == evidence.RestNotKnown {
		e.readFailed(l, p, answer.Err(reply.Status), sent, now)
		return
	}
	l.Reads.Granted()
	e.noteHeaders(reply, now)
	var left []*lookup
	for _, k := range p.lookups {
		switch known := answer.Known[k.hash]; {
		case known != evidence.NotKnown:
			e.observed(k, e.observation(known, answer.Image[k.hash], k.asks, sent))
		case answer.Rest != evidence.RestAbsent:
			left = append(left, k)
		case reply.Usage.Any() || !e.doubt(l, k, now):
			e.observed(k, evidence.Observation{Known: evidence.Absent, Sent: sent})
		}
	}
	if len(left) > 0 {
		next := &bulkRead{lane: l, lookups: left}
		if answer.Rest == evidence.RestNextPage {
			next.after, next.empty = answer.After, p.empty+1
		}
		l.lookups.continued = append(l.lookups.continued, next)
	}
}

// doubt has an image asked for again that an answer without a quota header did not show, or
// leaves it for a later run. It reports false if the image was asked for often enough to be
// taken for absent.
func (e *Engine) doubt(l *lane, k *lookup, now time.Time) bool {
	pause, again := e.d.AskAgain(k.asked)
	switch {
	case again:
		k.asked++
		e.doubted++
		at := now.Add(pause)
		l.ReportDoubt(at, now)
		e.d.After(at, func() {
			e.doubted--
			l.WaitOver()
			e.queueAgain(l, k, time.Now())
		})
	case e.d.HeadersSent():
		e.deferLookup(k)
	default:
		return false
	}
	return true
}

// observation is what an answer says about one image.
func (e *Engine) observation(known evidence.Known, image *graph.Image, asks asks, sent time.Time) evidence.Observation {
	o := evidence.Observation{Known: known, Sent: sent}
	if known == evidence.Absent {
		return o
	}
	o.Use, o.Users = image.Use(), image.Creatives
	if asks&askPicture != 0 {
		o.Image = image
	}
	if created, ok := image.CreatedAt(); ok {
		o.Created = created
		o.Since = e.clock.local(created)
	}
	return o
}

// noteHeaders notes whether an answer to a read carried a quota header, also in the
// checkpoint: the first answer to the next process may come from a throttled account.
func (e *Engine) noteHeaders(r graph.Reply, now time.Time) {
	if !e.d.NoteRead(r) {
		return
	}
	if sent := e.d.HeadersSent(); e.tally.HeadersSent != sent {
		e.tally.HeadersSent = sent
		e.commit.add(jobs.Change{Tally: e.snapshot(now)}, nil)
	}
}

// deferLookup defers the tasks that wait for a lookup which cannot be answered in this
// run.
func (e *Engine) deferLookup(k *lookup) {
	for _, w := range k.waiters {
		w.task.waiting--
		e.deferTask(w.task)
	}
}

// deferTask leaves a task as it is for a later run, and frees its place.
func (e *Engine) deferTask(t *task) {
	if t.dropped {
		return
	}
	if !t.deferred && !t.Outcome.State.Settled() {
		t.deferred, t.home.deferred, e.hasDeferred = true, true, true
		t.home.held--
		e.ungroup(t)
		e.noMoreDeletes(t)
		t.home.wantMore()
	}
	e.release(t)
}

// observed gives a lookup's observation to the tasks that wait for it.
func (e *Engine) observed(k *lookup, o evidence.Observation) {
	for _, w := range k.waiters {
		if k.held.until.After(w.task.readsHeld.until) {
			w.task.readsHeld = k.held
		}
		w.task.known[w.slot] = o
		w.task.waiting--
		e.advance(w.task)
	}
}

// readFailed handles a read that failed: it is repeated after a throttle or a lost
// connection, later and smaller after a transient failure, smaller after a refusal.
func (e *Engine) readFailed(l *lane, p *bulkRead, err *graph.Error, sent, now time.Time) {
	switch {
	case err.Class.Throttled() && l.GivenUp == nil, err.Class == graph.Unreachable, err.Class == graph.RefusedRun:
		if err.Class == graph.RefusedRun {
			e.d.EndToken(l.Lane, err)
		}
		l.holdReads(now, l.Allowed(quota.Read, now))
		for _, k := range p.lookups {
			e.queueAgain(l, k, now)
		}
	case err.Class.Throttled(): // its ad account was given up
		for _, k := range p.lookups {
			e.giveUpLookup(k, l.GivenUp)
		}
	case err.Class.Refused():
		e.d.Doubt(l.Lane, now, func() { e.readRefused(l, p, err, sent) })
	default:
		if err.Class == graph.Transient {
			l.Reads.Failed(len(p.lookups))
		}
		e.readLater(l, p.lookups, err, now)
	}
}

// readLater queues lookups again after a backoff, together, each as often as a write is
// tried.
func (e *Engine) readLater(l *lane, lookups []*lookup, err *graph.Error, now time.Time) {
	var left []*lookup
	for _, k := range lookups {
		k.retries.Failed(e.d, err, now)
		switch {
		case k.retries.Tries >= 2*e.opt.Attempts:
			e.giveUpLookup(k, err)
		case k.retries.Intercepted():
			e.foreign = err
			e.deferLookup(k)
		default:
			left = append(left, k)
		}
	}
	if len(left) == 0 {
		return
	}
	pause := left[0].retries.Pause(e.d)
	for _, k := range left[1:] {
		k.retries.Share(&left[0].retries)
	}
	e.d.After(now.Add(pause), func() {
		for _, k := range left {
			e.queueAgain(l, k, time.Now())
		}
	})
}

// queueAgain repeats a lookup, unless its ad account was given up meanwhile, or its token ended.
func (e *Engine) queueAgain(l *lane, k *lookup, now time.Time) {
	switch {
	case l.GivenUp != nil:
		e.giveUpLookup(k, l.GivenUp)
		return
	case l.Ended() != nil:
		e.deferLookup(k)
		return
	}
	l.lookups.again(k, now)
	l.Wake()
}

// emptyLookups ends all queued lookups in an ad account of which nothing more is read.
func (l *lane) emptyLookups(end func(*lookup)) {
	queue := l.lookups
	l.lookups = lookupQueue{}
	for _, k := range queue.order {
		end(k)
	}
	for _, p := range queue.continued {
		for _, k := range p.lookups {
			end(k)
		}
	}
}

func (e *Engine) giveUpLookup(k *lookup, err *graph.Error) {
	for _, w := range k.waiters {
		w.task.waiting--
		e.unreadable(w, err)
	}
}

// unreadable ends a task because an ad account could not be read. A task whose write
// may have taken effect is left for a later run instead.
func (e *Engine) unreadable(w waiter, err *graph.Error) {
	t := w.task
	if t.dropped || t.home.recalled {
		return
	}
	switch {
	case !t.Outcome.State.Settled() && w.slot >= slotCopies && t.places[w.slot-slotCopies].copy != witness && t.known[slotSource].Known == evidence.Absent && (t.tried() || t.deleted):
		s := t.settleVanished(t.places[w.slot-slotCopies:][:1], "cannot be read: "+err.Detail())
		e.failUnseenCopies(s.unseenCopies, time.Now())
		e.settle(t, s.outcome)
		return
	case t.Outcome.State.Settled() || t.lost || t.deleted:
		e.deferTask(t)
		return
	case t.refused && t.Kind == plan.KindCopy: // it would only have been explained
		e.settle(t, t.failed(t.last, 0))
		return
	case t.stored: // mapping.csv will name the new hash, so it has to be seen
		e.settle(t, t.fail(jobs.CopyUnseen, t.storedUnseen("cannot be read: "+err.Detail())).outcome)
		return
	}
	t.last = err
	reason, message := reasonOf(err), err.Detail()
	switch {
	case w.slot >= slotCopies && t.places[w.slot-slotCopies].copy == witness:
		reason, message = jobs.LastCopy, "not deleted: "+t.places[w.slot-slotCopies].account.Act()+", which should have the image, cannot be read: "+message
	case w.slot >= slotCopies:
		reason, message = jobs.CopyUnseen, "the target of its copy cannot be read: "+message
	}
	e.settle(t, t.fail(reason, message).outcome)
}
