package engine

import (
	"time"

	"adferry/jobs/evidence"
)

// mostStale is how often a delete's confirmations may grow too old because answers are
// slow, before the delete fails: otherwise its copies would be read for ever.
const mostStale = 20

// tooSlow reports whether confirmations grow too old faster than they can be read. It
// counts those that are about to be read again, except where they would still be recent
// if no other read had been held back: neither the quota nor a throttle fails a row.
func (t *task) tooSlow(queries []query, now time.Time) bool {
	if t.group == nil {
		return false
	}
	for _, w := range queries {
		o := t.known[w.slot]
		if w.slot >= slotCopies && o.Known != evidence.NotKnown && now.Sub(o.Sent)-t.readsHeld.within(o.Sent, now) > permitAge {
			t.staleCount++
			break
		}
	}
	return t.staleCount > mostStale
}

// confirm notes that n more deletes have their confirmations on the way to the disk: one
// worker stays free as long as some do, because they will have their permit in a moment.
func (e *Engine) confirm(n int) {
	e.confirming += n
	e.d.KeepFree(min(e.confirming, 1))
}
