package simulation_test

import (
	"maps"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/plan"
)

// freshness is how old the confirmation of a copy may be when the delete of its image
// leaves, from the sending of one to the sending of the other.
const freshness = 10 * time.Second

// confirmed checks that a delete leaves with a proof, from a request that is not too
// old, that each copy is where it should be. sim.mu is held.
func (w *wire) checkConfirmed(op jobs.Operation) {
	s := w.sim
	for _, n := range copiesOf(op) {
		target := place{string(n.Target), landed(n)}
		switch seen, told := w.seen[target]; {
		case !told:
			s.fault("%s was sent, and no read showed its copy in %s", s.name(op.Op), n.Target)
		case time.Since(seen) > freshness:
			s.fault("%s was sent %v after the read that shows its copy in %s", s.name(op.Op), time.Since(seen), n.Target)
		}
	}
}

// copiesOf are the copies out of a delete's image.
func copiesOf(op jobs.Operation) (copies []jobs.Operation) {
	for _, n := range op.Needs {
		if op.Kind == plan.KindDelete && n.Kind == plan.KindCopy && n.Source == op.Source {
			copies = append(copies, n)
		}
	}
	return copies
}

// sending is the write that an effect belongs to: the last that was sent before
// it.
func (s *sim) sending(e sandbox.Effect) *writing {
	var last *writing
	for _, x := range s.sent[deedOfEffect(e)] {
		if !x.sent.After(e.Time) {
			last = x
		}
	}
	return last
}

// copiedFirst: what was deleted was in every target at that moment, or had been
// shortly before the delete was sent and was taken away by somebody else.
func (s *sim) copiedFirst(log []sandbox.Effect, h *history, late map[place]bool, ops []jobs.Operation) {
	for i, e := range log {
		if e.Kind != sandbox.Delete {
			continue
		}
		x := s.sending(e)
		for _, o := range ops {
			if o.Kind != plan.KindDelete || string(o.Source) != e.Account || string(sourceHash(o)) != e.Hash {
				continue
			}
			for _, n := range copiesOf(o) {
				target := place{string(n.Target), landed(n)}
				excused := h.touched[target] || late[target] || late[place{e.Account, e.Hash}]
				switch {
				case h.before(target, orderOf(i)):
				case x == nil || !excused || !h.was(target, true, x.sent.Add(-freshness-s.oldest()), e.Time):
					s.fault("%s lost %s before %s had it", e.Account, e.Hash, n.Target)
				}
			}
		}
	}
}

// lastOnes: no image is gone from every account that ever held it, unless a row asked
// for exactly that, or somebody else took the last one.
func (s *sim) lastOnes(h *history, log []sandbox.Effect, ops []jobs.Operation) {
	origin := map[string]string{} // of the hashes that copies got
	image := func(hash string) string {
		for origin[hash] != "" {
			hash = origin[hash]
		}
		return hash
	}
	for _, e := range log {
		if e.Kind == sandbox.Copy && e.Result != e.Hash {
			origin[e.Result] = e.Hash
		}
	}
	holders := map[string]int{}
	for p, present := range h.initial {
		if present {
			holders[image(p.hash)]++
		}
	}
	last := map[string]change{} // what took the last one away
	state := map[place]bool{}
	maps.Copy(state, h.initial)
	for _, c := range h.all {
		name := image(c.place.hash)
		switch {
		case c.present == state[c.place]:
			continue
		case c.present:
			holders[name]++
		default:
			holders[name]--
			last[name] = c
		}
		state[c.place] = c.present
	}
	for name, c := range last {
		if holders[name] == 0 && !c.outside && !s.askedFor(c, log, h, ops) {
			s.fault("%s is gone from every account: %s lost it last, at %v", name, c.place.account, c.at.Sub(s.began))
		}
	}
}

// askedFor reports whether the last deletion of an image is what rows asked for:
// one without copies, or one whose copies were all there shortly before it was
// sent.
func (s *sim) askedFor(c change, log []sandbox.Effect, h *history, ops []jobs.Operation) bool {
	x := s.sending(log[(c.order-1)/2])
	for _, o := range ops {
		if o.Kind != plan.KindDelete || string(o.Source) != c.place.account || string(sourceHash(o)) != c.place.hash {
			continue
		}
		for _, n := range copiesOf(o) {
			if x == nil || !h.was(place{string(n.Target), landed(n)}, true, x.sent.Add(-freshness-s.oldest()), c.at) {
				return false
			}
		}
		return true
	}
	return false
}

// arrived: a delete is done, and its copies were there after it: what vanished
// meanwhile is told.
func (s *sim) arrived(o jobs.Operation, h *history, lie func(string, ...any)) {
	if o.Outcome.State != jobs.Done {
		return
	}
	source := place{string(o.Source), string(sourceHash(o))}
	var gone time.Time
	for _, c := range h.effects[source] {
		if !c.present && !c.outside {
			gone = c.at
		}
	}
	if gone.IsZero() {
		return
	}
	for _, n := range copiesOf(o) {
		target := place{string(n.Target), landed(n)}
		told := n.Outcome.State == jobs.Failed && n.Outcome.Reason == jobs.CopyUnseen
		if !told && !s.leaves(target, n) && !h.was(target, true, gone.Add(-s.oldest()), o.Outcome.Finished.Add(time.Millisecond)) {
			lie("%s did not have the image when it was deleted, nor after, until it was done", n.Target)
		}
	}
}
