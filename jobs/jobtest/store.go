package jobtest

import (
	"context"
	"io"
	"os"
	"path/filepath"

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

// with does something with the world's job, which it opens and closes.
func (w *World) with(open func(context.Context, string) (*store.Job, error), do func(context.Context, *store.Job) error) {
	w.T.Helper()
	job, err := open(context.Background(), w.Dir)
	if err != nil {
		w.T.Fatal(err)
	}
	defer job.Close()
	if err := do(context.Background(), job); err != nil {
		w.T.Fatal(err)
	}
}

// Reopen is what retry does before it runs the job.
func (w *World) Reopen() {
	w.T.Helper()
	w.with(store.Open, func(ctx context.Context, job *store.Job) error { return job.Reopen(ctx) })
}

// Commit makes outcomes of the world's job durable that a process may have left.
func (w *World) Commit(records ...jobs.Record) {
	w.T.Helper()
	w.commit(jobs.Change{Records: records})
}

func (w *World) commit(c jobs.Change) {
	w.T.Helper()
	w.with(store.Open, func(ctx context.Context, job *store.Job) error {
		_, err := job.Commit(ctx, c)
		return err
	})
}
