package jobtest

import (
	"context"
	"testing"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/backup"
	"adferry/jobs/engine"
	"adferry/plan"
)

// Keeper is a backup that checks that what it keeps is still there, and fails
// when told to.
type Keeper struct {
	W     *World
	inner engine.Backup
	Fail  error
}

func (k *Keeper) Save(ctx context.Context, a plan.Account, i graph.Image) (sum graph.Sum, err error) {
	if k.Fail != nil {
		return sum, k.Fail
	}
	if !k.W.wasThere(string(a), i.Hash) {
		k.W.T.Errorf("%s of %s was to be kept and is gone", i.Hash, a)
	}
	return k.inner.Save(ctx, a, i)
}

func (k *Keeper) Vouch(sum graph.Sum, h plan.Hash) error { return k.inner.Vouch(sum, h) }

func (w *World) Backup(t *testing.T, dir string) *Keeper {
	t.Helper()
	f, err := backup.Open(dir, w.Gallery())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &Keeper{W: w, inner: f}
}

func (w *World) Gallery() *graph.Downloader {
	return graph.NewDownloader(sandbox.Transport(w.Server), time.Minute, "")
}
