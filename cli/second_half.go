package cli

import (
	"context"
	"fmt"
	"io"
	"iter"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/jobs/uses"
	"adferry/plan"
	"adferry/reports"
)

// secondHalfRequest is what manifest --from-job asks for.
type secondHalfRequest struct {
	place   place
	out     publication
	leftOut *publication // nil: it is not asked for
}

// writeSecondHalf reads the images of a finished job and their copies, and writes the
// manifest that deletes those that may go.
func writeSecondHalf(ctx context.Context, s *streams, r *reading, job *store.Job, summary jobs.Summary, request secondHalfRequest) error {
	if summary.State != jobs.JobFinished {
		return usagef("finish it first: "+request.place.Command("resume"), "%s is not finished", request.place.job())
	}
	memory, err := store.TempUses(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errPublish, err)
	}
	defer memory.Close(false)
	if err := r.readUses(ctx, memory, uses.Everything(job.Sources(ctx))); err != nil {
		return r.unpublished(err)
	}
	candidates := func() iter.Seq2[uses.Candidate, error] { return uses.SecondHalf(ctx, job.Sources(ctx), memory) }
	if err := request.write(s, r, candidates); err != nil {
		return r.unpublished(err)
	}
	return nil
}

// write publishes what is left out, and then the manifest.
func (request secondHalfRequest) write(s *streams, r *reading, candidates func() iter.Seq2[uses.Candidate, error]) error {
	if request.leftOut != nil {
		if err := request.leftOut.write(s, func(w io.Writer) error { return reports.WriteLeftOut(w, candidates()) }); err != nil {
			return err
		}
	}
	var found reports.SecondHalf
	rows := 0
	err := request.out.write(s, func(w io.Writer) (err error) {
		rows, err = reports.WriteManifest(w, mayGo(candidates(), found.Add), true)
		return err
	})
	if err != nil {
		return err
	}
	r.say(found.Text())
	if request.out.path != "" {
		r.say(reports.ManifestWritten(request.out.path, rows))
	}
	return nil
}

// mayGo are the rows of those that may go; seen hears of all.
func mayGo(candidates iter.Seq2[uses.Candidate, error], seen func(uses.Candidate)) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		for c, err := range candidates {
			if err != nil {
				yield(plan.Line{}, err)
				return
			}
			if seen(c); c.Verdict == uses.MayGo && !yield(c.Line(), nil) {
				return
			}
		}
	}
}
