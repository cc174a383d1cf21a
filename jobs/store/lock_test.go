package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"adferry/jobs/store"
)

// Whoever looks whether a job runs has its locks for a moment, and does not keep a
// process from running it.
func TestLockOutwaitsLookers(t *testing.T) {
	dir := t.TempDir()
	makeJob(t, dir, false)
	for _, name := range []string{"job.lock", "."} {
		looker := flock.New(filepath.Join(dir, name), flock.SetFlag(os.O_RDONLY))
		if free, err := looker.TryRLock(); err != nil || !free {
			t.Fatalf("%s: %v and %v", name, free, err)
		}
		time.AfterFunc(15*time.Millisecond, func() { _ = looker.Unlock() })
		job, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		job.Close()
	}
}

// While a job is open its folder tells so by any path, whatever becomes of the lock file.
func TestRunningByAnyPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "job")
	makeJob(t, dir, false)
	job, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	alias := dir + ".alias"
	if err := errors.Join(os.Remove(filepath.Join(dir, "job.lock")), os.Symlink(dir, alias)); err != nil {
		t.Fatal(err)
	}
	running := func() bool {
		t.Helper()
		view, err := store.View(t.Context(), alias)
		if err != nil {
			t.Fatal(err)
		}
		defer view.Close()
		return view.Running()
	}
	if !running() {
		t.Error("it is not seen that the job runs")
	}
	if _, err := store.Open(t.Context(), alias); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	job.Close()
	if running() {
		t.Error("it is not seen that the job runs no more")
	}
}

// A job file that has two names can be run and viewed under neither, unless it got the
// second one while it was running: whoever links it to keep a backup stops nothing.
func TestLinkedJobFile(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	makeJob(t, dir, false)
	job, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "job.db"), filepath.Join(other, "job.db")); err != nil {
		t.Skip("no hard links here:", err)
	}
	var linked *store.LinkedError
	if view, err := store.View(t.Context(), dir); err != nil {
		t.Errorf("where it is running: %v", err)
	} else {
		view.Close()
	}
	if _, err := store.View(t.Context(), other); !errors.As(err, &linked) {
		t.Errorf("under the other name: got %v, want a LinkedError", err)
	}
	job.Close()
	for _, d := range []string{dir, other} {
		if _, err := store.Open(t.Context(), d); !errors.As(err, &linked) || linked.Target != "" {
			t.Errorf("got %v, want a LinkedError of a hard link", err)
		}
	}
}

// A pipe in the place of a job file keeps nobody waiting.
func TestJobFileIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "job.db"), 0o755); err != nil {
		t.Fatal(err)
	}
	var damaged *store.DamagedError
	if _, err := store.Open(t.Context(), dir); !errors.As(err, &damaged) {
		t.Errorf("got %v, want a DamagedError", err)
	}
}

// A job of an adferry that kept no endpoint takes one on, and is sound after that.
func TestEndpointIsAdopted(t *testing.T) {
	dir := t.TempDir()
	makeJob(t, dir, false)
	for _, origin := range []string{"", "https://graph.facebook.com", "http://127.0.0.1:8080"} {
		job, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := job.SetEndpoint(t.Context(), origin); err != nil {
			t.Fatal(err)
		}
		if m, err := job.Meta(context.Background()); err != nil || m.Endpoint != origin {
			t.Errorf("got %q and %v, want %q", m.Endpoint, err, origin)
		}
		job.Close()
	}
}
