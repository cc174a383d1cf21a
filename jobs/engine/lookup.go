package engine

import (
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
	"adferry/plan"
)

// lookup is one image that tasks want read from a lane's ad account.
type lookup struct {
	hash    plan.Hash
	asks    asks
	asked   int       // times it was absent from an answer without a quota header
	tries   int       // reads that failed
	foreign int       // reads that somebody else than the API answered
	denied  int       // reads of it alone that were refused for their ad account
	missed  time.Time // when one last got no answer
	policy  backoff.BackOff
	due     time.Time // when it is read even if the bulk is not full
	waiters []waiter
}

type waiter struct {
	task *task
	slot int
}

// asks says what a look wants to know beyond whether the image is there.
type asks uint8

const (
	askUse     asks = 1 << iota // whether creatives use it
	askAge                      // since when the account has it
	askPicture                  // where its bytes are, and what a backup keeps of it
)

// fields are what a read has to ask for.
func (a asks) fields() []string {
	fields := []string{graph.FieldID, graph.FieldHash, graph.FieldStatus}
	if a&askUse != 0 {
		fields = append(fields, graph.FieldCreatives, graph.FieldAssociated)
	}
	if a&(askAge|askPicture) != 0 {
		fields = append(fields, graph.FieldCreated)
	}
	if a&askPicture != 0 {
		fields = append(fields, graph.FieldName, graph.FieldURL, graph.FieldUpdated, graph.FieldPermalink, graph.FieldWidth, graph.FieldHeight, graph.FieldServedWidth, graph.FieldServedHeight)
	}
	return fields
}

// lookupQueue holds the looks of a lane, each image once, in order of arrival.
type lookupQueue struct {
	byHash    map[plan.Hash]*lookup
	order     []*lookup
	continued []*bulkRead // reads to be continued
}

// bulkRead is a bulk read that goes on behind a cursor.
type bulkRead struct {
	lookups []*lookup // not yet answered
	after   string
	empty   int // pages in a row that showed none of them
}

// A look that does not fill a bulk read waits for company. How long depends on
// how many more of its kind are likely to come, and on who waits for it.
const (
	lingerTarget  = 50 * time.Millisecond // a lane asks about a window of these at a time
	lingerSource  = 200 * time.Millisecond
	lingerCopies  = 2 * time.Second
	lingerConfirm = 20 * time.Second
	lingerIdle    = 100 * time.Millisecond // the lane has nothing else to send
)

func linger(t *task, slot int) time.Duration {
	switch {
	case slot >= slotCopies && t.group != nil:
		return 0 // with all of its group, and its permit runs out
	case slot >= slotCopies && t.deleted:
		return lingerConfirm
	case slot >= slotCopies:
		return lingerCopies
	case slot == slotSource && t.deleted:
		return lingerConfirm
	case slot == slotSource:
		return lingerSource
	}
	return lingerTarget
}

// add queues a want; wants of one image share its look.
func (q *lookupQueue) add(w query, t *task, now time.Time) {
	if q.byHash == nil {
		q.byHash = map[plan.Hash]*lookup{}
	}
	l := q.byHash[w.hash]
	if l == nil {
		l = &lookup{hash: w.hash, due: now.Add(linger(t, w.slot))}
		q.byHash[w.hash] = l
		q.order = append(q.order, l)
	}
	l.asks |= w.asks
	if due := now.Add(linger(t, w.slot)); due.Before(l.due) {
		l.due = due
	}
	l.waiters = append(l.waiters, waiter{t, w.slot})
}

// again queues a look that was taken and has to be repeated.
func (q *lookupQueue) again(l *lookup, now time.Time) {
	l.due = now
	if other := q.byHash[l.hash]; other != nil {
		other.waiters = append(other.waiters, l.waiters...)
		other.asks, other.due = other.asks|l.asks, now
		other.asked, other.tries = max(other.asked, l.asked), max(other.tries, l.tries)
		other.foreign, other.denied, other.missed = max(other.foreign, l.foreign), max(other.denied, l.denied), latest(other.missed, l.missed)
		other.policy = l.policy
		return
	}
	q.byHash[l.hash] = l
	q.order = append(q.order, l)
}

// first queues looks before all others: they are to be read again.
func (q *lookupQueue) first(looks []*lookup, now time.Time) {
	others := q.order
	q.order = nil
	for _, l := range looks {
		q.again(l, now)
	}
	q.order = append(q.order, others...)
}

func (q *lookupQueue) empty() bool { return len(q.order) == 0 && len(q.continued) == 0 }

// when says from when on the queue may be read: now if a bulk read is full.
func (q *lookupQueue) when(now time.Time, width int, idle bool) time.Time {
	if len(q.continued) > 0 || len(q.order) >= width {
		return now
	}
	due := q.order[0].due
	for _, l := range q.order[1:] {
		if l.due.Before(due) {
			due = l.due
		}
	}
	if soon := now.Add(lingerIdle); idle && due.After(soon) {
		for _, l := range q.order {
			l.due = soon
		}
		return soon
	}
	return due
}

// take removes up to width looks of one kind, those that are due before the others.
func (q *lookupQueue) take(width int, now time.Time) (taken []*lookup) {
	due := func(l *lookup) bool { return !l.due.After(now) }
	order := slices.DeleteFunc(slices.Clone(q.order), func(l *lookup) bool { return !due(l) })
	order = append(order, slices.DeleteFunc(q.order, due)...)
	q.order = nil
	for _, l := range order {
		if len(taken) == width || len(taken) > 0 && l.absent() != taken[0].absent() {
			q.order = append(q.order, l)
			continue
		}
		taken = append(taken, l)
		delete(q.byHash, l.hash)
	}
	return taken
}

// absent reports whether the image is likely not to be there: because the engine
// deleted it, or is about to bring it. An answer that shows other images proves
// nothing of it, so such images are read by themselves.
func (l *lookup) absent() bool {
	w := l.waiters[0]
	return w.slot == slotSource && w.task.deleted || w.slot == slotTarget && !w.task.tried()
}

// call is the call that asks about the looks.
func (p *bulkRead) call(account plan.Account) graph.Call {
	hashes := make([]string, len(p.lookups))
	var asks asks
	for i, l := range p.lookups {
		hashes[i] = string(l.hash)
		asks |= l.asks
	}
	call := graph.ReadHashes(string(account), hashes, asks.fields()...)
	call.Query.After = p.after
	return call
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
