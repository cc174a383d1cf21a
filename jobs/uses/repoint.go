package uses

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs"
)

// Repointing is a creative that uses a source image, and a copy that it can use instead.
type Repointing struct {
	Creative string // its id
	jobs.Mapping
}

// Repointed counts the source images that have a copy in its target, each once, by what is
// known of their use.
type Repointed struct {
	Used    int // creatives are named
	Kept    int // of these, those that cannot be read any more: the creatives are those that the job kept
	Unnamed int // in use by creatives that the API does not name
	Unused  int // or unused when the job deleted them
	Gone    int // somebody else deleted them, and nothing is known of their use
	Unknown int // the API does not tell the use
	Unread  int // of ad accounts that could not be read

	Rows   int            // repointings
	Look   []jobs.ImageAt // the first that are Unnamed or Unknown: somebody has to look at them
	Oldest time.Time      // when the first read was that the counts rest on
}

// mostLook is how many images Look names.
const mostLook = 20

// Wanted are the images that Repoint has to know about: those with a copy in its target,
// unless the job deleted them, which it does only with unused ones.
func Wanted(sources iter.Seq2[jobs.Source, error]) iter.Seq2[jobs.ImageAt, error] {
	return func(yield func(jobs.ImageAt, error) bool) {
		for s, err := range sources {
			if (err != nil || hasCopy(s) && !deletedHere(s)) && !yield(s.ImageAt, err) {
				return
			}
		}
	}
}

func hasCopy(s jobs.Source) bool { return slices.ContainsFunc(s.Copies, jobs.SourceCopy.InPlace) }

// deletedHere reports whether the job deleted the image.
func deletedHere(s jobs.Source) bool { return s.Deletion != nil && s.Deletion.State == jobs.Done }

// Repoint yields a row for each creative that uses a source image and each copy of that
// image that is in its target.
func Repoint(ctx context.Context, sources iter.Seq2[jobs.Source, error], m Memory, each func(Repointing) error) (r Repointed, err error) {
	for s, err := range sources {
		if err != nil {
			return r, err
		}
		if !hasCopy(s) {
			continue
		}
		use, known, err := m.Of(ctx, s.ImageAt)
		if err != nil {
			return r, err
		}
		if known && (r.Oldest.IsZero() || use.ReadAt.Before(r.Oldest)) {
			r.Oldest = use.ReadAt
		}
		for _, creative := range r.count(s, use, known) {
			for _, c := range s.Copies {
				if !c.InPlace() {
					continue
				}
				r.Rows++
				if err := each(Repointing{creative, jobs.Mapping{Source: s.Account, SourceHash: s.Hash, Target: c.Target, TargetHash: c.Hash}}); err != nil {
					return r, err
				}
			}
		}
	}
	return r, nil
}

// count counts a source image, and returns the creatives that use it.
func (r *Repointed) count(s jobs.Source, use jobs.ImageUse, known bool) (creatives []string) {
	if s.Deletion != nil && !use.Present { // it could be read then, and cannot now
		creatives = strings.Fields(s.Deletion.Creatives)
	}
	switch {
	case deletedHere(s):
		r.Unused++
	case len(creatives) > 0:
		r.Used++
		r.Kept++
		return creatives
	case !known:
		r.Unread++
	case !use.Present:
		r.Gone++
	case use.Use == graph.Used && len(use.Creatives) > 0:
		r.Used++
		return use.Creatives
	case use.Use == graph.Used:
		r.Unnamed++
		r.look(s.ImageAt)
	case use.Use == graph.Unused:
		r.Unused++
	default:
		r.Unknown++
		r.look(s.ImageAt)
	}
	return nil
}

func (r *Repointed) look(i jobs.ImageAt) {
	if len(r.Look) < mostLook {
		r.Look = append(r.Look, i)
	}
}
