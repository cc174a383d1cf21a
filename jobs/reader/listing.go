package reader

import (
	"adferry/graph"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// listing reads an account's images page by page, or as much of an account as its first answer says.
type listing struct {
	account plan.Account
	q       graph.Query
	each    func(plan.Account, graph.Reply) error

	pages *evidence.Listing // nil: only the first answer counts, and no image of it
	after string            // cursor of the page before
	ended bool
}

func (l *listing) next(_, others int) (*pageRequest, error) {
	if l.ended || others > 0 {
		return nil, nil
	}
	return &pageRequest{after: l.after}, nil
}

func (l *listing) query(e *pageRequest, n int) graph.Query {
	q := l.q
	q.Limit, q.After = n, e.after
	return q
}

func (l *listing) done() bool { return l.ended }

// take hands on what a page shows, without the images that were handed on before.
func (l *listing) take(e *pageRequest, r graph.Reply, sure bool) ([]*pageRequest, error) {
	if r.Empty && !sure {
		e.unsure = true
		return []*pageRequest{e}, nil
	}
	if l.pages == nil {
		l.ended = true
		return nil, l.each(l.account, r)
	}
	page := l.pages.Judge(r)
	if page.Next == evidence.NextUnknown {
		return nil, &unreadError{page.Err(r.Status)}
	}
	r.Images, r.After = page.Images, page.After
	if err := l.each(l.account, r); err != nil {
		return nil, err
	}
	switch page.Next {
	case evidence.NextRetry:
		return []*pageRequest{e}, nil
	case evidence.NextEndless: // there is nothing to be asked again: it was read
		return nil, &AccountError{l.account, &graph.Error{Class: graph.Transient, Message: "its list of images has no end: " + page.Why}, true}
	}
	l.after, l.ended = page.After, page.Next == evidence.NextNone
	return nil, nil
}
