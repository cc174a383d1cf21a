package reader

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// finder reads images of an account by their hashes.
type finder struct {
	account plan.Account
	q       graph.Query
	pull    func() (plan.Hash, error, bool)
	atOnce  int // page requests
	each    func(Found) error
	status  *bool // answers tell the status of images, as far as is known

	// expected says which images are not absent before a second answer said so.
	expected func(plan.Account, plan.Hash) bool

	exhausted bool // pull has no more
}

func (i *finder) next(n, others int) (*pageRequest, error) {
	if i.exhausted || others >= i.atOnce {
		return nil, nil
	}
	e := &pageRequest{}
	for len(e.hashes) < n {
		h, err, ok := i.pull()
		if !ok {
			i.exhausted = true
			break
		}
		if err != nil {
			return nil, err
		}
		e.hashes = append(e.hashes, string(h))
	}
	if len(e.hashes) == 0 {
		return nil, nil
	}
	return e, nil
}

// query asks for the first of the hashes, or after a cursor for those that the pages
// before did not show.
func (i *finder) query(e *pageRequest, n int) graph.Query {
	if e.after != "" {
		n = len(e.hashes)
	}
	q := i.q
	q.Hashes = e.hashes[:min(n, len(e.hashes))]
	q.Limit, q.After = len(q.Hashes), e.after // the default page of 25 would cut the answer short
	return q
}

// take reports the images that the answer proves something about. The others come back,
// to be asked for again.
func (i *finder) take(e *pageRequest, r graph.Reply, sure bool) ([]*pageRequest, error) {
	asked := evidence.Lookup{Account: i.account, After: e.query.After}
	for _, h := range e.query.Hashes {
		asked.Hashes = append(asked.Hashes, plan.Hash(h))
	}
	if slices.Contains(i.q.Fields, graph.FieldStatus) {
		*i.status = *i.status || evidence.TellsStatus(r)
		asked.ExpectStatus = *i.status
	}
	answer := asked.Judge(r)
	if answer.Rest == evidence.RestNextPage && e.empty+1 >= evidence.MaxEmptyPages {
		answer.Rest, answer.Why = evidence.RestNotKnown, "page after page shows nothing of what was asked for"
	}
	if answer.Rest == evidence.RestNotKnown {
		return nil, &unreadError{answer.Err(r.Status)}
	}
	absent := answer.Rest == evidence.RestAbsent && sure
	once := absent && !e.second && e.asked == 0 // no answer before this one showed them absent
	var missing []string
	for _, h := range asked.Hashes {
		if answer.Known[h] == evidence.NotKnown && (!absent || once && i.expected(i.account, h)) {
			missing = append(missing, string(h))
		} else if err := i.each(Found{i.account, h, answer.Image[h]}); err != nil {
			return nil, err
		}
	}
	var left []*pageRequest
	if rest := e.hashes[len(e.query.Hashes):]; len(rest) > 0 {
		left = append(left, &pageRequest{hashes: rest, second: e.second})
	}
	if len(missing) == 0 {
		return left, nil
	}
	again := &pageRequest{hashes: missing, second: e.second}
	switch {
	case answer.Rest == evidence.RestNextPage:
		again.after, again.empty = answer.After, e.empty+1
	case absent:
		again.second, again.due = true, time.Now().Add(evidence.DoubtPause)
	case answer.Rest == evidence.RestAbsent:
		again.unsure, again.asked = true, e.asked
	}
	return append(left, again), nil
}

func (i *finder) done() bool { return i.exhausted }
