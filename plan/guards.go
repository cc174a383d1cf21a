package plan

import (
	"fmt"
	"time"
)

// A guard is a Guard as the index keeps it. Its times count seconds since 1970, 0
// where there are none.
type guard struct {
	witness  uint32 // image, 0 if there is none
	from, to int64
}

// putGuard adds the conditions of a guard to those that the deletion has, and
// reports whether they agree.
func (x *index) putGuard(id uint32, g Guard) bool {
	if g.IsZero() {
		return true
	}
	all, ok := x.guard(id).join(g)
	if !ok {
		return false
	}
	kept := guard{}
	if all.Witness != "" {
		hash, _ := parseHash(string(all.WitnessHash))
		kept.witness = x.images.of(x.accounts.id(all.Witness), hash)
	}
	if !all.From.IsZero() {
		kept.from, kept.to = all.From.Unix(), all.To.Unix()
	}
	if x.guards == nil {
		x.guards, x.witnesses = map[uint32]guard{}, map[uint32]bool{}
	}
	x.guards[id] = kept
	if kept.witness != 0 {
		x.witnesses[kept.witness] = true
	}
	return true
}

// guard is the guard of a deletion.
func (x *index) guard(id uint32) (g Guard) {
	kept, ok := x.guards[id]
	if !ok {
		return g
	}
	if kept.witness != 0 {
		w := x.images.at(kept.witness)
		g.Witness, g.WitnessHash = x.accounts.at(w.account), w.hash.text()
	}
	if kept.from != 0 || kept.to != 0 {
		g.From, g.To = time.Unix(kept.from, 0).UTC(), time.Unix(kept.to, 0).UTC()
	}
	return g
}

// witnessed adds each deletion whose witness another row deletes.
func witnessed(x *index, column string, ps *problems) {
	for id := uint32(1); id <= x.ops.n; id++ {
		g := x.guards[id]
		if g.witness == 0 {
			continue
		}
		if w := x.images.at(g.witness); w.del != 0 {
			here, away := x.ops.at(id).first(), x.ops.at(w.del).first()
			ps.add(Problem{Line: max(here, away), Column: column, Value: string(w.hash.text()),
				What: fmt.Sprintf("line %d deletes the image in %s, which has to stay for the deletion of line %d", away, x.accounts.at(w.account).Act(), here),
				Hint: "remove one of these rows"})
		}
	}
}
