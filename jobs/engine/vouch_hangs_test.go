package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/disk"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// hangingBackup is a backup folder that does not answer any more once it was asked for some pictures.
type hangingBackup struct {
	asked  int
	answer chan struct{}
}

func (*hangingBackup) Save(_ context.Context, _ plan.Account, i graph.Image) (graph.Sum, error) {
	return graph.Sum(sha256.Sum256([]byte(i.Hash))), nil
}

func (b *hangingBackup) Vouch(graph.Sum, plan.Hash) error {
	if b.asked++; b.asked > 10 {
		<-b.answer
	}
	return nil
}

// A backup that hangs while pictures are vouched for holds up a request once, however many deletions
// are in it; then the run ends.
func TestBackupHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		var rows []string
		for i := range 60 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprint("delete 11 ", i, " -"))
		}
		w.Manifest(rows...)
		backup := &hangingBackup{answer: make(chan struct{})}
		began := time.Now()
		err := w.Run(engine.Options{Backup: backup, BatchSize: 50, Workers: 1})
		if took := time.Since(began); !errors.Is(err, disk.ErrHangs) || !errors.As(err, new(*jobs.PictureError)) || took > 12*time.Minute {
			t.Errorf("got %v after %v, want that the folder hangs, after one wait for it", err, took)
		}
		close(backup.answer)
	})
}

// A file that hangs ends the run, which names it.
func TestFileHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("22")
		w.Text("operation,target_account,file\nupload,22,0.png\n")
		answer := make(chan struct{})
		began := time.Now()
		err := w.Run(engine.Options{File: func(plan.Op) (graph.File, error) {
			<-answer
			return graph.File{}, nil
		}})
		var e *jobs.PictureError
		if took := time.Since(began); !errors.Is(err, disk.ErrHangs) || !errors.As(err, &e) || e.File != "0.png" || took > 6*time.Minute {
			t.Errorf("got %v after %v, want that 0.png hangs, after one wait for it", err, took)
		}
		close(answer)
	})
}

// longBackup is a backup whose downloads take long.
type longBackup struct{ takes time.Duration }

func (b longBackup) Save(ctx context.Context, _ plan.Account, i graph.Image) (graph.Sum, error) {
	select {
	case <-time.After(b.takes):
		return graph.Sum(sha256.Sum256([]byte(i.Hash))), nil
	case <-ctx.Done():
		return graph.Sum{}, &graph.Error{Class: graph.Transient, Message: "cut off"}
	}
}

func (longBackup) Vouch(graph.Sum, plan.Hash) error { return nil }

// A download may take as long as its own limit says, however long files may.
func TestSlowDownload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "0")
		w.Manifest("delete 11 0 -")
		w.Finish(engine.Options{Backup: longBackup{8 * time.Minute}, DownloadTime: 10 * time.Minute})
		if w.Holds("11", "0") {
			t.Error("the image is there, want it deleted after its backup")
		}
	})
}
