package sandbox

import (
	"cmp"
	"math/rand/v2"
)

// cappedDefault is how many images capped answers unless the fault says.
const cappedDefault = 25

func (t trouble) dice() *rand.Rand { return rand.New(rand.NewPCG(t.pick, 0)) }

// ask changes what a read looks for.
func (t trouble) ask(q *query) {
	switch {
	case t.form == formUnfiltered:
		q.byHash, q.hashes = false, nil
	case t.form == formIDRows:
		q.columns = []column{imageColumns["id"]}
	case t.form == formNoUse:
		q.hideUse()
	case t.form == formOddUse:
		q.replace(oddUse)
	case t.form == formOddTypes:
		q.replace(oddTypes)
	case t.form.circles() && t.Above > 0:
		q.limit = min(q.limit, t.Above)
	}
}

// span is the part of a listing that is shown. A page that was shown already ends
// where the one asked for begins.
func (t trouble) span(q query) span {
	sp := span{q.after, q.before, q.limit, q.match}
	if q.after != "" && (t.form == formRepeatedPage && q.lap == 0 || t.form == formEndlessPaging && q.lap > 0) {
		sp.after, sp.before = "", q.after+"\x00"
	}
	return sp
}

// show changes what a read has found.
func (t trouble) show(p *page, total *int) {
	switch t.form {
	case formCapped:
		p.keep(cmp.Or(t.Above, cappedDefault))
	case formPartial:
		p.lose(t.dice())
	case formTotalMismatch:
		p.rows, *total = nil, max(*total, 1)
	}
}

// keep shows the first images alone, and nothing tells that there are more.
func (p *page) keep(most int) {
	if len(p.rows) > most {
		p.rows, p.more = p.rows[:most], false
	}
}

// lose drops about half of the images and never all of them.
func (p *page) lose(d *rand.Rand) {
	p.more = false
	if len(p.rows) < 2 {
		return
	}
	lost := d.IntN(len(p.rows))
	kept := (lost + 1 + d.IntN(len(p.rows)-1)) % len(p.rows)
	var left []record
	for i, r := range p.rows {
		if luck := d.IntN(2) == 0; i == kept || i != lost && luck {
			left = append(left, r)
		}
	}
	p.rows = left
}

// foreign is the account whose images a read shows in place of its own, and whose
// they are said to be: one that has what is asked for, or else its own images
// under an id that nobody has; s.mu is held.
func (s *Server) foreign(own *account, q query) (*account, string) {
	for _, a := range s.visible() {
		if a != own && len(a.shelf.pick(q.hashes)) > 0 {
			return a, a.id
		}
	}
	return own, own.id + "9"
}
