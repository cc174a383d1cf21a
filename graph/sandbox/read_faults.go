package sandbox

import (
	"cmp"
	"math/rand/v2"
)

// defaultCap is how many images capped returns unless the fault gives a number.
const defaultCap = 25

func (t activeFault) newRand() *rand.Rand { return rand.New(rand.NewPCG(t.draw, 0)) }

// changeQuery changes what a read selects.
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

// span is the part of a listing to show. To repeat a page, it shows the one that ends at the
// cursor.
func (t activeFault) span(q query) span {
	sp := span{q.after, q.before, q.limit, q.match}
	if q.after != "" && (t.kind == faultRepeatedPage && q.round == 0 || t.kind == faultEndlessPaging && q.round > 0) {
		sp.after, sp.before = "", q.after+"\x00"
	}
	return sp
}

// changePage changes the page that a read returns.
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

// truncate keeps the first images without telling that there are more.
func (p *page) truncate(most int) {
	if len(p.rows) > most {
		p.rows, p.more = p.rows[:most], false
	}
}

// dropSome drops about half of the images, but never all, without telling that there are
// more.
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

// foreignAccount returns the account whose images a read shows in place of its own, and the
// id they get: another account with one of the images asked for, or else the account itself
// under an id that does not exist. s.mu is held.
func (s *Server) foreignAccount(own *account, q query) (*account, string) {
	for _, a := range s.visible(Token{}) {
		if a != own && len(a.images.withHashes(q.hashes)) > 0 {
			return a, a.id
		}
	}
	return own, own.id + "9"
}
