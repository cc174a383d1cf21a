package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// judge holds the finished job against the guarantees.
func (s *sim) judge() {
	s.net.stray.Wait()
	time.Sleep(3 * time.Minute) // late effects come
	log := s.server.Log()
	h := s.history(log)
	late := s.late(log)
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []plan.OpID
	for _, o := range s.ops[1:] {
		ids = append(ids, o.ID)
	}
	ops := s.load(ids)
	s.unrepeated(log, h, late)
	s.copiedFirst(log, h, late, ops)
	s.lastOnes(h, log, ops)
	s.untouched(h)
	for _, o := range ops {
		s.truth(o, h, late)
	}
	s.rows(ops)
	s.settled()
}

// late are the writes that took effect when nobody waited for them any more:
// reading could not see them coming, so what follows from them is not the job's
// fault.
func (s *sim) late(log []sandbox.Effect) map[place]bool {
	late := map[place]bool{}
	taken := map[*writing]bool{}
	for _, e := range log {
		d := deedOfEffect(e)
		at := slices.IndexFunc(s.sent[d], func(x *writing) bool {
			return !taken[x] && !x.void && !e.Time.Before(x.sent) && !e.Time.After(x.back)
		})
		if at < 0 {
			late[place{e.Account, e.Hash}], late[place{e.Account, e.Result}] = true, true
			continue
		}
		taken[s.sent[d][at]] = true
	}
	return late
}

func deedOfEffect(e sandbox.Effect) deed {
	if e.Kind == sandbox.Delete {
		return deed{graph.ActionDelete, e.Account, "", e.Hash}
	}
	return deed{graph.ActionCopy, e.Account, e.Source, e.Hash}
}

// unrepeated: no write took effect twice. Reading under the old hash does not
// show a copy that got another one, so such a copy is repeated when its answer
// was lost, or when a second source has the image. Others may be quicker, and a
// stale answer does not show what was written last.
func (s *sim) unrepeated(log []sandbox.Effect, h *history, late map[place]bool) {
	for _, e := range log {
		rehashed := e.Result != "" && e.Result != e.Hash
		if p := (place{e.Account, e.Hash}); !e.Changed && !late[p] && !h.touched[p] && !rehashed && !s.unsure(p) && s.oldest() == 0 {
			s.fault("%s of %s in %s was repeated", e.Kind, e.Hash, e.Account)
		}
	}
}

// untouched: images that no row names stay as they are.
func (s *sim) untouched(h *history) {
	for _, c := range h.all {
		p := c.place
		named := slices.ContainsFunc(s.ops[1:], func(o plan.Op) bool {
			return string(o.Source) == p.account && o.Kind == plan.KindDelete || string(o.Target) == p.account
		})
		if !named && !c.outside {
			s.fault("%s of %s changed and no row asks for it", p.hash, p.account)
		}
	}
	now := map[place]bool{}
	for _, e := range s.server.Snapshot() {
		now[place{e.Account, e.Hash}] = e.Status != sandbox.Deleted
	}
	for p := range h.initial {
		if now[p] != h.end(p) {
			s.fault("the sandbox's log does not tell what became of %s in %s", p.hash, p.account)
		}
	}
}

// truth: an operation's outcome is true of the server.
func (s *sim) truth(o jobs.Operation, h *history, late map[place]bool) {
	out := o.Outcome
	to := out.Finished.Add(time.Millisecond) // stored in whole ones
	from := out.Finished.Add(-11 * time.Minute)
	source, target := place{string(o.Source), string(sourceHash(o))}, place{string(o.Target), landed(o)}
	lie := func(format string, args ...any) {
		s.fault("%s is %s %s (%s): %s", s.name(o.Op), out.State, out.Reason, out.Message, fmt.Sprintf(format, args...))
	}
	unsure := s.unsure(source) || s.unsure(target)
	touched := h.touched[source] || h.touched[target]
	excused := late[source] || late[target] || unsure || touched || s.oldest() > 0
	tries := s.tries[deed{graph.ActionCopy, target.account, source.account, source.hash}]
	if o.Kind == plan.KindDelete {
		tries = s.tries[deed{graph.ActionDelete, source.account, "", source.hash}]
	}
	switch {
	case out.Attempts > s.attempts && !(out.State == jobs.Done && out.Attempts == s.attempts+1): // one of a process that died turned out to have taken effect
		lie("%d attempts with a budget of %d", out.Attempts, s.attempts)
	// Another's effect is taken for that of a write that never left, and so is the late
	// effect of an earlier write of the same operation.
	case out.Attempts > tries && !excused && !s.othersWrote(o) && !(o.Kind == plan.KindDelete && s.scenario.server.Variants.DeleteDelay > 0):
		lie("%d attempts and %d writes were sent", out.Attempts, tries)
	case out.State == jobs.Skipped && out.Attempts > 0 && !touched && !unsure: // else it was refused, for somebody was quicker
		lie("%d attempts", out.Attempts)
	case out.Created && (o.Kind != plan.KindCopy || out.State != jobs.Done && out.Reason != jobs.CopyUnseen || !h.touched[target] && !unsure && (h.initial[target] || !h.brought(target))):
		lie("it says created")
	}
	switch {
	case out.State == jobs.Failed:
		s.failure(o, h, excused, lie)
	case !out.State.Settled():
		lie("it is not settled")
	case out.State == jobs.Done && out.Attempts == 0:
		lie("no attempt")
	case o.Kind == plan.KindDelete && !h.was(source, false, from, to) && !unsure:
		lie("the source has the image")
	case o.Kind == plan.KindDelete && h.end(source) && !excused:
		lie("the source has the image at the end")
	case o.Kind == plan.KindCopy && out.TargetHash == "":
		lie("no target hash")
	case o.Kind == plan.KindCopy && !h.was(target, true, from, to):
		lie("the target has not got the image")
	case o.Kind == plan.KindCopy && !h.end(target) && s.plays("crossed") && out.TargetHash != o.Hash: // that of an image whose own answer failed
	case o.Kind == plan.KindCopy && !h.end(target) && !h.touched[target] && !s.leaves(target, o):
		lie("the target has not got the image at the end")
	}
	if o.Kind == plan.KindDelete && !excused {
		s.arrived(o, h, lie)
	}
}

// othersWrote reports whether another operation was sent that has the same effect:
// a copy of the image from elsewhere.
func (s *sim) othersWrote(o jobs.Operation) bool {
	for d, n := range s.tries {
		if n > 0 && o.Kind == plan.KindCopy && d.action == graph.ActionCopy && d.account == string(o.Target) && d.hash == string(sourceHash(o)) && d.source != string(o.Source) {
			return true
		}
	}
	return false
}

// unsure reports whether a process may have been told, in words that nobody could
// doubt, that an account does not have the image: before it knew a quota header by
// an account that was throttled, or by the empty list that is another call's answer.
func (s *sim) unsure(p place) bool {
	return s.plays("shuffled_batch") || s.scenario.server.Variants.EmptyWhenThrottled && s.doubted[p]
}

// leaves reports whether a row deletes the image that the copy brought.
func (s *sim) leaves(p place, brought jobs.Operation) bool {
	return slices.ContainsFunc(s.ops[1:], func(o plan.Op) bool {
		return o.Kind == plan.KindDelete && string(o.Source) == p.account && o.Hash == brought.Hash
	})
}

// failure: a failure is one, and its reason is the true one.
func (s *sim) failure(o jobs.Operation, h *history, excused bool, lie func(string, ...any)) {
	out := o.Outcome
	to, from := out.Finished.Add(time.Millisecond), out.Finished.Add(-11*time.Minute)
	source, target := place{string(o.Source), string(sourceHash(o))}, place{string(o.Target), landed(o)}
	blocks := s.plays("200/4841013", "368")
	a, b := s.account(source.account), s.account(target.account)
	b.missing = b.missing && o.Kind == plan.KindCopy
	troubled, disabled := a.troubled() || b.troubled(), a.options.Disabled != "" || b.options.Disabled != ""
	transient := s.plays(lostFaults...) || s.deceives() || s.scenario.server.Variants.ReduceAbove > 0 || s.scenario.server.Latency.Max > 30*time.Second || s.outages
	misplaced := s.plays("shuffled_batch") // the refusal may be another call's
	var ok bool
	switch out.Reason {
	case jobs.Invalid: // the copy of an image that somebody was quicker to delete
		ok = h.touched[source]
	case jobs.NotFound:
		ok = s.unsure(source) || h.touched[source] || h.was(source, false, from, to) && !slices.ContainsFunc(h.effects[source], func(c change) bool { return !c.present })
	case jobs.InUse:
		ok = s.inUse(source) || s.plays("in_use") || s.hidesUse() || s.oldest() > 0 // refused as not there, and still shown
	case jobs.Denied:
		ok = troubled || s.plays("10", "3", "2500")
	case jobs.AccountBlocked:
		ok = disabled || blocks
	case jobs.DeleteUnconfirmed:
		ok = h.was(source, true, from, to)
	case jobs.DependencyFailed:
		ok = slices.ContainsFunc(o.Needs, func(n jobs.Operation) bool { return !n.Outcome.State.OK() }) ||
			strings.Contains(out.Message, "are refused") && (troubled || s.targetTroubled(o)) ||
			strings.Contains(out.Message, "are failing") && s.targetFailed(o)
	case jobs.BackupFailed:
		ok = s.scenario.keeps && !s.kept[source]
	case jobs.GaveUp:
		ok = transient && out.Attempts <= s.attempts ||
			s.scenario.server.Latency.Max > freshness && strings.Contains(out.Message, "take too long")
	case jobs.CopyUnseen:
		ok = transient || strings.Contains(out.Message, "cannot be read") || s.targetTroubled(o) || s.unsure(target) || h.touched[target] || slices.ContainsFunc(o.Needs, func(n jobs.Operation) bool {
			p := place{string(n.Target), landed(n)}
			return s.unsure(p) || h.touched[p]
		})
	}
	switch {
	case !ok && !misplaced:
		lie("that is not why")
	case out.Message == "":
		lie("no message")
	case excused:
	case o.Kind == plan.KindDelete && out.Reason != jobs.DependencyFailed && out.Reason != jobs.GaveUp && out.Reason != jobs.CopyUnseen && h.initial[source] && !h.was(source, true, from, to):
		lie("the image is gone")
	case !out.Tried && (out.Reason == jobs.GaveUp || out.Reason == jobs.Denied && s.plays("10", "3", "2500")): // it could not be read, and nothing was sent
	case strings.Contains(out.Message, "cannot be read"): // which says no more
	case o.Kind == plan.KindCopy && h.brought(target) && out.Reason != jobs.DependencyFailed && !h.was(target, false, from, to):
		lie("the image is there")
	}
}

// targetTroubled reports whether a copy that the deletion waits for went to an
// account with trouble.
func (s *sim) targetTroubled(o jobs.Operation) bool {
	return slices.ContainsFunc(o.Needs, func(n jobs.Operation) bool {
		return s.account(string(n.Target)).troubled() || s.refuses(string(n.Target)) || s.plays("200/4841013", "368") || s.plays(lostFaults...) || s.deceives() || s.outages
	})
}

// targetFailed reports whether so many writes to a target of a deletion's copies failed that
// it is no place for the only copy of an image.
func (s *sim) targetFailed(o jobs.Operation) bool {
	var ids []plan.OpID
	for _, other := range s.ops[1:] {
		ids = append(ids, other.ID)
	}
	failed := map[plan.Account]int{}
	for _, other := range s.load(ids) {
		switch out := other.Outcome; {
		case out.State != jobs.Failed || out.Attempts == 0 || out.Reason != jobs.Denied && out.Reason != jobs.AccountBlocked && out.Reason != jobs.GaveUp:
		case other.Kind == plan.KindDelete:
			failed[other.Source]++
		default:
			failed[other.Target]++
		}
	}
	return slices.ContainsFunc(copiesOf(o), func(n jobs.Operation) bool { return failed[n.Target] >= dispatch.MostDenials })
}

func (s *sim) inUse(p place) bool {
	return slices.ContainsFunc(s.images, func(i simImage) bool {
		return i.account == p.account && i.Hash == p.hash && (len(i.Creatives) > 0 || i.Associated)
	})
}

// landed is the hash that a copy has in its target.
func landed(o jobs.Operation) string {
	if o.Outcome.TargetHash != "" {
		return string(o.Outcome.TargetHash)
	}
	return string(sourceHash(o))
}
