package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"adferry/jobs"
	"adferry/jobs/store"
)

// A job that another user owns can be read where it lies, unless its log would have
// to be taken into account.
func TestViewOfAnotherUsersJob(t *testing.T) {
	dir, err := os.MkdirTemp("", "adferry-view-") // t.TempDir lies in a folder that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.Chmod(dir, 0o755)
		os.RemoveAll(dir)
	})
	makeJob(t, dir, true)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	summary, err := viewAsAnother(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Totals.Skipped != 1 {
		t.Errorf("got %d skipped rows, want 1", summary.Totals.Skipped)
	}

	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "job.db-wal"), []byte("a process was cut off"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	var unwritable *store.UnwritableError
	if _, err := viewAsAnother(t, dir); !errors.As(err, &unwritable) {
		t.Errorf("with a log: got %v, want an UnwritableError", err)
	}
}

// viewAsAnother views a job as a user who owns nothing of it. Only this goroutine's
// thread becomes that user; it is not used again.
func viewAsAnother(t *testing.T, dir string) (s jobs.Summary, err error) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if os.Getuid() == 0 {
			runtime.LockOSThread()
			if err = syscall.Setfsuid(65534); err != nil {
				return
			}
		}
		var job *store.Job
		if job, err = store.View(context.Background(), dir); err != nil {
			return
		}
		defer job.Close()
		s, err = job.Summary(context.Background())
	}()
	<-ended
	return s, err
}
