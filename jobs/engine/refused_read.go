package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
)

// A bulk read may be refused for its ad account's sake, for one of its images' or for
// its size, and the answer does not say which. So nobody is blamed before smaller reads
// were refused, too.

// readRefused takes a read that left then and was refused, neither the token nor the app
// being at fault. An account is given up when it refuses a few reads in a row, an image
// that is asked for alone when it is refused for what it is, or a few times.
func (e *Engine) readRefused(l *lane, p *bulkRead, err *graph.Error, left time.Time) {
	now := time.Now()
	alone := len(p.lookups) == 1
	if (alone && p.lookups[0].denied == 0 || !alone && err.Class == graph.RefusedAccount) && left.After(l.denied) {
		l.denials, l.denied = l.denials+1, now // those refused together count once
	}
	if l.refused == nil && l.denials >= dispatch.MostDenials {
		l.refused = err
	}
	if l.refused != nil {
		for _, k := range p.lookups {
			e.giveUpLookup(k, l.refused)
		}
		e.giveUpLane(l)
		return
	}
	if err.Class == graph.RefusedAccount { // should it be a mishap, it may pass
		l.again = now.Add(e.opt.RetryBase << max(0, l.denials-1))
	}
	e.readyChanged = true
	if !alone {
		l.width = l.width.Refused(len(p.lookups))
		l.lookups.first(p.lookups, now)
		return
	}
	k := p.lookups[0]
	if k.denied++; k.denied < dispatch.MostDenials && err.Class == graph.RefusedAccount {
		l.lookups.again(k, now)
		return
	}
	l.width = dispatch.NewWidth(graph.MostHashes) // the others were not too many
	e.giveUpLookup(k, err)
}

// readSize is how many images the lane's next read asks for: one alone as long as the
// account may be the one that refuses.
func (l *lane) readSize() int {
	if l.denials > 0 {
		return 1
	}
	return l.width.Now
}

// oneByOne reports whether the lane's reads go one after the other: one that is refused
// or fails shows something, and what goes beside it would fail alike.
func (l *lane) oneByOne() bool { return l.denials > 0 || l.width.Unsure }

// readGranted notes that a read was answered.
func (l *lane) readGranted() {
	l.denials, l.again, l.width = 0, time.Time{}, l.width.Passed()
}
