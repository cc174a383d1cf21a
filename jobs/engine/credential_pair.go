package engine

import (
	"adferry/graph"
	"adferry/jobs/dispatch"
)

// credentialPair is the credentials of a source and a target.
type credentialPair struct{ source, target string }

// refusedCopies is what is known of copying between the ad accounts of two credentials.
type refusedCopies struct {
	pairs  int          // of ad accounts between which copying was refused
	last   *graph.Error // why
	copied bool         // between others an image was copied
}

// holds reports whether copying is taken to be refused between all ad accounts of the
// credentials: a target's token that sees none of a few sources sees none of the others either.
func (r *refusedCopies) holds() bool { return r != nil && r.pairs >= dispatch.MostDenials && !r.copied }

// credentials are the credentials of two ad accounts.
func (e *Engine) credentials(p pair) credentialPair {
	if e.opt.Credential == nil {
		return credentialPair{}
	}
	return credentialPair{e.opt.Credential(p.source).Label, e.opt.Credential(p.target).Label}
}

// learnRefused notes that copying between two ad accounts is refused, and after a few of them
// what that says of others: no copy has to be refused there first.
func (e *Engine) learnRefused(p pair, err *graph.Error) {
	c := e.credentials(p)
	if c.source == c.target {
		return
	}
	r := e.refusedCopies(c)
	r.last = err
	if r.pairs++; r.pairs != dispatch.MostDenials || r.copied {
		return
	}
	e.warn("copying from the ad accounts of " + c.source + " to those of " + c.target + " is refused; all their images are downloaded and uploaded instead")
	for other, w := range e.routes {
		if e.credentials(other) == c && !w.open && !w.copyRefused {
			w.copyRefused, w.last = true, err
			e.requeueRefused(e.lane(other.target), other)
		}
	}
}

// learnCopied notes that an image was copied between two ad accounts: then each of the others of
// their credentials is tried.
func (e *Engine) learnCopied(p pair) {
	if c := e.credentials(p); c.source != c.target {
		e.refusedCopies(c).copied = true
	}
}

func (e *Engine) refusedCopies(c credentialPair) *refusedCopies {
	r := e.copyRefused[c]
	if r == nil {
		r = &refusedCopies{}
		e.copyRefused[c] = r
	}
	return r
}
