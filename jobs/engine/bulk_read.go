package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// bulkRead is one read that asks about many images, or the next page of one.
type bulkRead struct {
	lane    *lane
	lookups []*lookup // not yet answered
	after   string
	empty   int // pages in a row that showed none of the images
}

// call is the API call that asks.
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

// question is what the read asks, for package evidence to judge its answer by.
func (p *bulkRead) question(account plan.Account) evidence.Lookup {
	q := evidence.Lookup{Account: account, After: p.after}
	for _, k := range p.lookups {
		q.Hashes = append(q.Hashes, k.hash)
	}
	return q
}

// Answered implements [dispatch.Item].
func (p *bulkRead) Answered(r *dispatch.Request, reply graph.Reply, now time.Time) {
	p.lane.e.readAnswered(p.lane, p, reply, r.Left, now)
}

// Unsent implements [dispatch.Item].
func (p *bulkRead) Unsent(_ error, now time.Time) {
	for _, k := range p.lookups {
		p.lane.e.queueAgain(p.lane, k, now)
	}
}
