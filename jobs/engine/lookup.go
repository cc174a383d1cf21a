package engine

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// lookup is the question whether a lane's ad account has an image, on behalf of the
// tasks that wait for its answer, an observation.
type lookup struct {
	hash    plan.Hash
	asks    asks
	asked   int // times it was absent from an answer without a quota header
	retries dispatch.Retries
	denied  int       // reads of it alone that were refused for their ad account
	queued  time.Time // since when it waits to be sent
	held    hold      // when the quota or a throttle kept it from being sent
	due     time.Time // when it is sent even if the bulk read is not full
	waiters []waiter
}

type waiter struct {
	task *task
	slot int
}

// asks says what a lookup asks beyond whether the image is there.
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

// lookupQueue holds the lookups of a lane, each image once, in order of arrival.
type lookupQueue struct {
	byHash    map[plan.Hash]*lookup
	order     []*lookup
	continued []*bulkRead // reads whose answer had a next page
}

// lookups that do not fill a bulk read wait for more. How long depends on how many
// more of their kind are likely to come, and on what waits for them.
const (
	lingerTarget  = 50 * time.Millisecond // a window of these comes at a time
	lingerSource  = 200 * time.Millisecond
	lingerCopies  = 2 * time.Second
	lingerConfirm = 20 * time.Second
	lingerIdle    = 100 * time.Millisecond // the lane has nothing else to send
)

func linger(t *task, slot int) time.Duration {
	switch {
	case slot >= slotCopies && t.group != nil:
		return 0 // it comes with its whole group, and its permit would expire
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

// add queues a query; queries for one image share a lookup.
func (q *lookupQueue) add(w query, t *task, now time.Time) {
	if q.byHash == nil {
		q.byHash = map[plan.Hash]*lookup{}
	}
	l := q.byHash[w.hash]
	if l == nil {
		l = &lookup{hash: w.hash, queued: now, due: now.Add(linger(t, w.slot))}
		q.byHash[w.hash] = l
		q.order = append(q.order, l)
	}
	l.asks |= w.asks
	if due := now.Add(linger(t, w.slot)); due.Before(l.due) {
		l.due = due
	}
	l.waiters = append(l.waiters, waiter{t, w.slot})
}

// again queues a lookup that was taken and has to be repeated.
func (q *lookupQueue) again(l *lookup, now time.Time) {
	l.due, l.queued = now, now
	if other := q.byHash[l.hash]; other != nil {
		other.waiters = append(other.waiters, l.waiters...)
		other.asks, other.due = other.asks|l.asks, now
		other.asked, other.denied = max(other.asked, l.asked), max(other.denied, l.denied)
		other.retries.Join(l.retries)
		if other.held.from.IsZero() {
			other.held = l.held
		}
		return
	}
	if q.byHash == nil { // it was emptied since
		q.byHash = map[plan.Hash]*lookup{}
	}
	q.byHash[l.hash] = l
	q.order = append(q.order, l)
}

// first queues lookups that have to be repeated before all others.
func (q *lookupQueue) first(lookups []*lookup, now time.Time) {
	others := q.order
	q.order = nil
	for _, l := range lookups {
		q.again(l, now)
	}
	q.order = append(q.order, others...)
}

func (q *lookupQueue) empty() bool { return len(q.order) == 0 && len(q.continued) == 0 }

// drop removes the tasks that were dropped, and lookups for which none is left.
func (q *lookupQueue) drop() {
	q.order = slices.DeleteFunc(q.order, func(l *lookup) bool {
		l.waiters = slices.DeleteFunc(l.waiters, func(w waiter) bool { return w.task.dropped })
		if len(l.waiters) == 0 {
			delete(q.byHash, l.hash)
		}
		return len(l.waiters) == 0
	})
}

// forGroup reports whether a group of deletes waits for one of the lookups: its permits
// would expire.
func (q *lookupQueue) forGroup() bool {
	return slices.ContainsFunc(q.order, func(l *lookup) bool {
		return slices.ContainsFunc(l.waiters, func(w waiter) bool { return w.task.group != nil })
	})
}

// when says from when on a read may be sent: now if it would be full.
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

// take removes up to width lookups of one kind, those that are due first.
func (q *lookupQueue) take(width int, now time.Time) []*lookup {
	taken := make([]*lookup, 0, min(width, len(q.order)))
	for _, due := range []bool{true, false} {
		q.order = slices.DeleteFunc(q.order, func(l *lookup) bool {
			if len(taken) == width || due == l.due.After(now) || len(taken) > 0 && l.absent() != taken[0].absent() {
				return false
			}
			taken = append(taken, l)
			delete(q.byHash, l.hash)
			return true
		})
	}
	return taken
}

// absent reports whether the image is likely to be absent, because the engine deleted
// it or is about to copy it there. An answer that shows other images proves nothing of
// it, so such images are read by themselves.
func (l *lookup) absent() bool {
	w := l.waiters[0]
	return w.slot == slotSource && w.task.deleted || w.slot == slotTarget && !w.task.tried()
}
