package engine

import (
	"context"
	"slices"

	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// A picture is taken for an image's own until the same picture is received for another
// image. So it is checked once more just before its write is sent: others may have been
// downloaded since, also by other processes that use the same backup.

// vouch returns an error if the picture of a task is no longer taken for its image's.
func (e *Engine) vouch(t *task) error {
	switch {
	case t == nil || !t.hasPicture:
		return nil
	case t.needsBackup:
		return e.opt.Backup.Vouch(t.sum, t.pictureOf)
	}
	return e.pictures.upload(t.sum, t.pictureOf)
}

// withdraw removes the writes from a request whose pictures are no longer taken for
// their images', and returns the reason for each.
func (e *Engine) withdraw(r *request) map[*task]error {
	doubted := map[*task]error{}
	for i := 0; i < len(r.items); {
		err := e.vouch(r.items[i].task)
		if err == nil {
			i++
			continue
		}
		doubted[r.items[i].task] = err
		r.items, r.calls = slices.Delete(r.items, i, i+1), slices.Delete(r.calls, i, i+1)
	}
	return doubted
}

// withdrawn downloads the pictures again of writes that were withdrawn.
func (e *Engine) withdrawn(ctx context.Context, r *request, doubted map[*task]error) {
	l := r.lane
	for t, err := range doubted {
		l.quota, e.app = l.quota.Answered(quota.Write), e.app.Answered()
		t.Outcome.State, t.Outcome.Reason = jobs.Pending, ""
		if t.lost { // an earlier write is still in doubt
			t.Outcome.State = jobs.Sent
		}
		t.hasPicture = false
		t.removePicture()
		e.downloaded(ctx, t, err)
	}
	if len(r.items) == 0 {
		e.returned(r)
		l.quota.Block, e.app.Block = l.quota.Block.Returned(r.left), e.app.Block.Returned(r.left)
	}
}

// suspect remembers images whose uploaded copies may be placeholders.
func (e *Engine) suspect(uploaded []plan.Hash) {
	for _, h := range uploaded {
		e.suspects[h] = true
	}
}

// suspectCopy is the ad account in which the copy of a delete's image may be a
// placeholder, or "".
func (e *Engine) suspectCopy(t *task) plan.Account {
	if t.Kind != plan.KindDelete || !e.suspects[t.Hash] {
		return ""
	}
	for _, n := range t.Needs {
		if n.Kind == plan.KindCopy && n.Source == t.Source && n.Outcome.State == jobs.Done && n.Outcome.Reason == jobs.Uploaded {
			return n.Target
		}
	}
	return ""
}
