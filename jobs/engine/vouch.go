package engine

import (
	"adferry/jobs"
	"adferry/plan"
)

// A picture is taken for an image's own until the same picture is received for another
// image. So it is checked once more just before its write is sent: others may have been
// downloaded since, also by other processes that use the same backup.

// vouch returns an error if a picture is no longer taken for its image's.
func (w *worker) vouch(p picture) error {
	switch {
	case !p.got:
		return nil
	case p.kept:
		return w.opt.Backup.Vouch(p.sum, p.of)
	}
	return w.pictures.upload(p.sum, p.of)
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
