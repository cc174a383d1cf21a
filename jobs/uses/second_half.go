package uses

import (
	"context"
	"iter"
	"slices"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// Verdict is the fixed word for why a source image stays. Scripts match on it: it is never
// renamed.
type Verdict string

// The verdicts, in the order in which they are looked for.
const (
	MayGo       Verdict = ""
	OwnDeletion Verdict = "deleted_by_job" // the job deletes it itself, or tried to
	CopiedThere Verdict = "copied_there"   // the job brought it there, as the copy of another source
	CopyFailed  Verdict = "copy_failed"    // not every copy was carried out
	NotRead     Verdict = "not_read"       // it, or a copy, could not be read
	CopyMissing Verdict = "copy_missing"   // a copy is not in its target any more, or not ACTIVE
	SourceGone  Verdict = "already_absent" // it is not there any more
	NotActive   Verdict = "not_active"     // its status is not ACTIVE
	InUse       Verdict = "in_use"         // a creative uses it
	UseUnknown  Verdict = "use_unknown"    // the API does not tell its use
)

// Verdicts are all, in their order, MayGo first.
func Verdicts() []Verdict {
	return []Verdict{MayGo, OwnDeletion, CopiedThere, CopyFailed, NotRead, CopyMissing, SourceGone, NotActive, InUse, UseUnknown}
}

// Candidate is a source image with the verdict on it.
type Candidate struct {
	jobs.Source
	Verdict Verdict
	Use     jobs.ImageUse // what was read of it
}

// Line is the manifest row that deletes it, with a copy as the guard's witness.
func (c Candidate) Line() plan.Line {
	line := plan.Line{Verb: plan.Delete, Source: c.Account, Hash: c.Hash, Name: c.Use.Name}
	if i := slices.IndexFunc(c.Copies, jobs.SourceCopy.InPlace); i >= 0 {
		line.Guard = plan.Guard{Witness: c.Copies[i].Target, WitnessHash: c.Copies[i].Hash}
	}
	return line
}

// Everything are the images that SecondHalf has to know about: sources and copies.
func Everything(sources iter.Seq2[jobs.Source, error]) iter.Seq2[jobs.ImageAt, error] {
	return func(yield func(jobs.ImageAt, error) bool) {
		for s, err := range sources {
			if err != nil {
				yield(jobs.ImageAt{}, err)
				return
			}
			if beforeReading(s) != MayGo {
				continue
			}
			if !yield(s.ImageAt, nil) {
				return
			}
			for _, c := range s.Copies {
				if c.InPlace() && !yield(jobs.ImageAt{Account: c.Target, Hash: c.Hash}, nil) {
					return
				}
			}
		}
	}
}

// SecondHalf yields every source image of a job with the verdict on it.
func SecondHalf(ctx context.Context, sources iter.Seq2[jobs.Source, error], m Memory) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		for s, err := range sources {
			c := Candidate{Source: s}
			if err == nil {
				c.Verdict, c.Use, err = judge(ctx, s, m)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// beforeReading is the verdict of what the job alone knows.
func beforeReading(s jobs.Source) Verdict {
	switch {
	case s.Deletion != nil:
		return OwnDeletion
	case s.Into:
		return CopiedThere
	}
	for _, c := range s.Copies {
		if !c.State.OK() {
			return CopyFailed
		}
	}
	if !hasCopy(s) {
		return CopyFailed
	}
	return MayGo
}

func judge(ctx context.Context, s jobs.Source, m Memory) (v Verdict, use jobs.ImageUse, err error) {
	if v := beforeReading(s); v != MayGo {
		return v, use, nil
	}
	for _, c := range s.Copies {
		if c.MovedOn {
			continue
		}
		there, known, err := m.Of(ctx, jobs.ImageAt{Account: c.Target, Hash: c.Hash})
		switch {
		case err != nil:
			return "", use, err
		case !known:
			return NotRead, use, nil
		case !there.Present || !there.Active:
			return CopyMissing, use, nil
		}
	}
	use, known, err := m.Of(ctx, s.ImageAt)
	switch {
	case err != nil:
		return "", use, err
	case !known:
		return NotRead, use, nil
	case !use.Present:
		return SourceGone, use, nil
	case !use.Active:
		return NotActive, use, nil
	case use.Use == graph.Used:
		return InUse, use, nil
	case use.Use != graph.Unused:
		return UseUnknown, use, nil
	}
	return MayGo, use, nil
}
