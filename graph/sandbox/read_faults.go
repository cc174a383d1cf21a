package sandbox

import (
	"cmp"
	"math/rand/v2"
)

// defaultCap is how many images capped answers unless the fault says.
const defaultCap = 25

func (t activeFault) newRand() *rand.Rand { return rand.New(rand.NewPCG(t.draw, 0)) }

// changeQuery changes what a read looks for.
func (t activeFault) changeQuery(q *query) {
	switch {
	case t.kind == faultUnfiltered:
		q.byHash, q.hashes = false, nil
	case t.kind == faultIDRows:
		q.fields = []imageField{imageFields["id"]}
	case t.kind == faultNoUse:
		q.hideUse()
	case t.kind == faultOddUse:
		q.replace(oddUse)
	case t.kind == faultOddTypes:
		q.replace(oddTypes)
	case t.kind.endless() && t.Above > 0:
		q.limit = min(q.limit, t.Above)
	}
}

// span is the part of a listing that is shown. A page that was shown already ends
// where the one asked for begins.
func (t activeFault) span(q query) span {
	sp := span{q.after, q.before, q.limit, q.match}
	if q.after != "" && (t.kind == faultRepeatedPage && q.round == 0 || t.kind == faultEndlessPaging && q.round > 0) {
		sp.after, sp.before = "", q.after+"\x00"
	}
	return sp
}

// changePage changes what a read has found.
func (t activeFault) changePage(p *page, total *int) {
	switch t.kind {
	case faultCapped:
		p.truncate(cmp.Or(t.Above, defaultCap))
	case faultPartial:
		p.dropSome(t.newRand())
	case faultTotalMismatch:
		p.rows, *total = nil, max(*total, 1)
	}
}

// truncate shows the first images alone, and nothing tells that there are more.
func (p *page) truncate(most int) {
	if len(p.rows) > most {
		p.rows, p.more = p.rows[:most], false
	}
}

// dropSome drops about half of the images and never all of them.
func (p *page) dropSome(d *rand.Rand) {
	p.more = false
	if len(p.rows) < 2 {
		return
	}
	lost := d.IntN(len(p.rows))
	kept := (lost + 1 + d.IntN(len(p.rows)-1)) % len(p.rows)
	var left []storedImage
	for i, r := range p.rows {
		if luck := d.IntN(2) == 0; i == kept || i != lost && luck {
			left = append(left, r)
		}
	}
	p.rows = left
}

// foreignAccount is the account whose images a read shows in place of its own, and whose
// they are said to be: one that has what is asked for, or else its own images
// under an id that nobody has; s.mu is held.
func (s *Server) foreignAccount(own *account, q query) (*account, string) {
	for _, a := range s.visible() {
		if a != own && len(a.images.withHashes(q.hashes)) > 0 {
			return a, a.id
		}
	}
	return own, own.id + "9"
}
