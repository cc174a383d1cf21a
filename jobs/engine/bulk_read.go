package engine

import (
	"adferry/graph"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// bulkRead is one read that asks about many images, or the next page of one.
type bulkRead struct {
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
