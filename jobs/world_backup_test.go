package jobs_test

import (
	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/plan"
	"context"
	"testing"
	"time"
)

// keeper is a backup that checks that what it keeps is still there, and fails
// when told to.
type keeper struct {
	w     *world
	inner jobs.Backup
	fail  error
}

func (k *keeper) Keep(ctx context.Context, a plan.Account, i graph.Image) (sum graph.Sum, err error) {
	if k.fail != nil {
		return sum, k.fail
	}
	if !k.w.wasThere(string(a), i.Hash) {
		k.w.t.Errorf("%s of %s was to be kept and is gone", i.Hash, a)
	}
	return k.inner.Keep(ctx, a, i)
}

func (k *keeper) Vouch(sum graph.Sum, h plan.Hash) error { return k.inner.Vouch(sum, h) }

func (w *world) backup(t *testing.T, dir string) *keeper {
	t.Helper()
	f, err := backup.Open(dir, w.gallery())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &keeper{w: w, inner: f}
}

func (w *world) gallery() *graph.Gallery {
	return graph.NewGallery(sandbox.Transport(w.server), time.Minute, "")
}
