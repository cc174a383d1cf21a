package engine

import (
	"context"
	"errors"

	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// A picture is taken for an image's own until the same picture is received for another
// image. So it is checked once more just before its write is sent: others may have been
// downloaded since, also by other processes that use the same folder. For the same reason a
// delete is not sent if what was uploaded in its image's place may be a placeholder.

// errDoubted is why a delete is not sent whose copy may be a placeholder.
var errDoubted = errors.New("its copy may be a placeholder")

// needsVouching reports whether the write relies on a picture.
func (w *write) needsVouching() bool { return w.uploadedTo != "" || w.picture.got }

// vouchFor notes of writes that are to be sent why they are not. It is called after the other workers
// were asked, because it notes pictures as uploaded.
func (w *worker) vouchFor(ctx context.Context, items []dispatch.Item, unsent []error) {
	var relying []int
	for i, item := range items {
		if write, ok := item.(*write); ok && unsent[i] == nil && write.needsVouching() {
			relying = append(relying, i)
		}
	}
	if len(relying) == 0 {
		return
	}
	why, err := within(ctx, func(context.Context) ([]error, error) {
		var why []error
		for _, i := range relying {
			why = append(why, w.vouch(items[i].(*write)))
		}
		return why, nil
	})
	for n, i := range relying {
		if unsent[i] = err; err == nil {
			unsent[i] = why[n]
		}
	}
}

// vouch returns an error if a picture that a write relies on is no longer taken for its image's.
func (w *worker) vouch(write *write) error {
	if write.uploadedTo != "" {
		doubted, err := w.pictures.doubted(write.op.Hash)
		if err != nil {
			return err
		}
		if doubted {
			return errDoubted
		}
	}
	switch p := write.picture; {
	case !p.got:
		return nil
	case p.kept:
		return w.opt.Backup.Vouch(p.sum, p.of)
	default:
		return w.pictures.upload(p.sum, p.of)
	}
}

// uploadedTo is an ad account to which the image of a delete was uploaded in place of a copy,
// or "".
func (t *task) uploadedTo() plan.Account {
	if t.Kind != plan.KindDelete {
		return ""
	}
	for _, n := range t.Needs {
		if n.Kind == plan.KindCopy && n.Source == t.Source && n.Outcome.State == jobs.Done && n.Outcome.Reason == jobs.Uploaded {
			return n.Target
		}
	}
	return ""
}
