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

// Saver is a backup that checks that what it keeps is still there, and fails
// when told to.
type Saver struct {
	W     *World
	inner engine.Backup
	Fail  error
}

func (k *Saver) Save(ctx context.Context, a plan.Account, i graph.Image) (sum graph.Sum, err error) {
	if k.Fail != nil {
		return sum, k.Fail
	}
	if !k.W.wasThere(string(a), i.Hash) {
		k.W.T.Errorf("%s of %s was to be kept and is gone", i.Hash, a)
	}
	return k.inner.Save(ctx, a, i)
}

func (k *Saver) Vouch(sum graph.Sum, h plan.Hash) error { return k.inner.Vouch(sum, h) }

func (w *World) Backup(t *testing.T, dir string) *Saver {
	t.Helper()
	f, err := backup.Open(dir, w.Downloader())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &Saver{W: w, inner: f}
}

func (w *World) Downloader() *graph.Downloader {
	return graph.NewDownloader(sandbox.Transport(w.Server), time.Minute, "")
}
