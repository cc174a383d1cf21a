package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
)

// A bulk read may be refused because of its ad account, one of its images or its size,
// and the answer does not say which. So none of them is blamed before smaller reads were
// refused as well.

// readRefused handles a read, sent at the given moment, that was refused although token
// and app are good. An ad account is given up when it refuses a few reads in a row; an
// image that was asked for alone when the refusal is about the image, or after a few.
func (e *Engine) readRefused(l *lane, p *bulkRead, err *graph.Error, left time.Time) {
	now := time.Now()
	alone := len(p.lookups) == 1
	if (alone && p.lookups[0].denied == 0 || !alone && err.Class == graph.RefusedAccount) && left.After(l.lastDenialAt) {
		l.denials, l.lastDenialAt = l.denials+1, now // reads that were refused together count once
	}
	if l.givenUp == nil && l.denials >= dispatch.MostDenials {
		l.givenUp = err
	}
	if l.givenUp != nil {
		for _, k := range p.lookups {
			e.giveUpLookup(k, l.givenUp)
		}
		e.giveUpLane(l)
		return
	}
	if err.Class == graph.RefusedAccount { // it may be temporary
		l.nextReadAt = now.Add(e.opt.RetryBase << max(0, l.denials-1))
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
	l.width = dispatch.NewWidth(graph.MaxHashes) // the size was not the reason
	e.giveUpLookup(k, err)
}

// readSize is how many images the lane's next read asks for: one as long as the ad
// account itself may be refused.
func (l *lane) readSize() int {
	if l.denials > 0 {
		return 1
	}
	return l.width.Now
}

// oneByOne reports whether the lane sends one read at a time: after a refusal or a
// failure, reads side by side would probably fail alike.
func (l *lane) oneByOne() bool { return l.denials > 0 || l.width.Unsure }

// readGranted notes that a read was answered.
func (l *lane) readGranted() {
	l.denials, l.nextReadAt, l.width = 0, time.Time{}, l.width.Passed()
}
