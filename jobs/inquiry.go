package jobs

import (
	"adferry/graph"
	"adferry/plan"
)

// inquiry reads the images of an account that are asked for by hash.
type inquiry struct {
	account plan.Account
	q       graph.Query
	pull    func() (plan.Hash, error, bool)
	atOnce  int // errands
	each    func(Found) error

	dry bool // pull has no more
}

func (i *inquiry) next(n, others int) (*errand, error) {
	if i.dry || others >= i.atOnce {
		return nil, nil
	}
	e := &errand{}
	for len(e.hashes) < n {
		h, err, ok := i.pull()
		if !ok {
			i.dry = true
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

// query asks for the first of the hashes; behind a cursor for those that the
// pages before did not show.
func (i *inquiry) query(e *errand, n int) graph.Query {
	if e.after != "" {
		n = len(e.hashes)
	}
	q := i.q
	q.Hashes = e.hashes[:min(n, len(e.hashes))]
	q.Limit, q.After = len(q.Hashes), e.after // the default page of 25 would cut the answer short
	return q
}

func (i *inquiry) take(e *errand, r graph.Reply, sure bool) ([]*errand, error) {
	found := map[string]*graph.Image{}
	for n := range r.Images {
		found[r.Images[n].Hash] = &r.Images[n]
	}
	var missing []string
	for _, h := range e.query.Hashes {
		if found[h] == nil && (r.After != "" || !sure) {
			missing = append(missing, h)
		} else if err := i.each(Found{i.account, plan.Hash(h), found[h]}); err != nil {
			return nil, err
		}
	}
	var left []*errand
	if rest := e.hashes[len(e.query.Hashes):]; len(rest) > 0 {
		left = append(left, &errand{hashes: rest})
	}
	switch {
	case len(missing) == 0:
	case r.After != "":
		// An image found may be deleted before the next page is read, and the cursor
		// on it be refused: the rest is asked for anew. Only a page that showed nothing
		// of it is gone past.
		more := &errand{hashes: missing}
		if len(missing) == len(e.query.Hashes) {
			more.after = r.After
		}
		left = append(left, more)
	default:
		left = append(left, &errand{hashes: missing, doubted: true, asked: e.asked})
	}
	return left, nil
}

func (i *inquiry) done() bool { return i.dry }
