package plan

import (
	"fmt"
	"time"
)

// An indexedGuard is a Guard as the index keeps it. Its times are in Unix seconds, 0 if
// the guard has none.
type indexedGuard struct {
	witness  uint32 // image, 0 if the guard has none
	from, to int64
}

// addGuard adds the conditions of a guard to those of a deletion, and reports whether
// they agree.
func (x *index) addGuard(id uint32, g Guard) bool {
	if g.IsZero() {
		return true
	}
	all, ok := x.guard(id).join(g)
	if !ok {
		return false
	}
	kept := indexedGuard{}
	if all.Witness != "" {
		hash, _ := parseHash(string(all.WitnessHash))
		kept.witness = x.images.findOrAdd(x.accounts.findOrAdd(all.Witness), hash)
	}
	if !all.From.IsZero() {
		kept.from, kept.to = all.From.Unix(), all.To.Unix()
	}
	if x.guards == nil {
		x.guards, x.witnesses = map[uint32]indexedGuard{}, map[uint32]bool{}
	}
	x.guards[id] = kept
	if kept.witness != 0 {
		x.witnesses[kept.witness] = true
	}
	return true
}

// guard returns the guard of a deletion, the zero Guard if it has none.
func (x *index) guard(id uint32) (g Guard) {
	kept, ok := x.guards[id]
	if !ok {
		return g
	}
	if kept.witness != 0 {
		w := x.images.at(kept.witness)
		g.Witness, g.WitnessHash = x.accounts.at(w.account), x.images.hashOf(kept.witness).text()
	}
	if kept.from != 0 || kept.to != 0 {
		g.From, g.To = time.Unix(kept.from, 0).UTC(), time.Unix(kept.to, 0).UTC()
	}
	return g
}

// witnessConflicts adds each deletion whose witness another row deletes.
func witnessConflicts(x *index, column string, ps *problems) {
	for id := uint32(1); id <= x.ops.n; id++ {
		g := x.guards[id]
		if g.witness == 0 {
			continue
		}
		w := x.images.at(g.witness)
		if del := x.deletionOf(w); del != 0 {
			guarded, deletes := x.ops.at(id).firstLine(), x.ops.at(del).firstLine()
			ps.add(Problem{Line: max(guarded, deletes), Column: column, Value: string(x.images.hashOf(g.witness).text()),
				What: fmt.Sprintf("line %d deletes the image in %s, but the deletion in line %d needs it there", deletes, x.accounts.at(w.account).Act(), guarded),
				Hint: "remove one of these rows"})
		}
	}
}
