package engine

import (
	"adferry/jobs/evidence"
)

// mostStale is how often a delete's confirmations may grow too old because answers are
// slow, before the delete fails: otherwise its copies would be read for ever.
const mostStale = 20

// tooSlow reports whether confirmations grow too old faster than they can be read. It
// counts those that are about to be read again.
func (t *task) tooSlow(queries []query) bool {
	if t.group == nil {
		return false
	}
	for _, w := range queries {
		if w.slot >= slotCopies && t.known[w.slot].Known != evidence.NotKnown {
			t.staleCount++
			break
		}
	}
	return t.staleCount > mostStale
}

// spare is how many requests may be in flight before one more is started that can
// wait: one worker stays free for deletes that will have their permit in a moment.
func (e *Engine) spare() int {
	if e.confirming > 0 {
		return e.opt.Workers - 1
	}
	return e.opt.Workers
}
