package engine

import (
	"cmp"
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
	counts := alone && p.lookups[0].denied == 0 || !alone && err.Class == graph.RefusedAccount
	if l.Reads.Refused(err, counts, left, now, e.opt.RetryBase) || l.GivenUp != nil {
		l.GiveUp(cmp.Or(l.GivenUp, err))
		for _, k := range p.lookups {
			e.giveUpLookup(k, l.GivenUp)
		}
		return
	}
	if !alone {
		l.Reads.TooLarge(len(p.lookups))
		l.lookups.first(p.lookups, now)
		return
	}
	k := p.lookups[0]
	if k.denied++; k.denied < dispatch.MostDenials && err.Class == graph.RefusedAccount {
		l.lookups.again(k, now)
		return
	}
	l.Reads.AnySize()
	e.giveUpLookup(k, err)
}
