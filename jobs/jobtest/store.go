package jobtest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/store"
	"adferry/plan"
)

func FilesUnder(dir string) func(plan.Op) (graph.File, error) {
	return func(op plan.Op) (graph.File, error) {
		name, _ := backup.OriginalName(filepath.Join(dir, op.File))
		return graph.File{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(filepath.Join(dir, op.File)) }}, nil
	}
}

// Reopen is what retry does before it runs the job.
func (w *World) Reopen() {
	w.T.Helper()
	job, err := store.Open(context.Background(), w.Dir)
	if err != nil {
		w.T.Fatal(err)
	}
	defer job.Close()
	if err := job.Reopen(context.Background()); err != nil {
		w.T.Fatal(err)
	}
}

// Commit makes outcomes of the world's job durable that a process may have left.
func (w *World) Commit(t *testing.T, records ...jobs.Record) {
	t.Helper()
	job, err := store.Open(context.Background(), w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if _, err := job.Commit(context.Background(), jobs.Change{Records: records}); err != nil {
		t.Fatal(err)
	}
}
