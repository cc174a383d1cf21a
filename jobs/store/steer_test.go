package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"adferry/jobs"
	"adferry/jobs/store"
)

// What is set of how a job is run stays with it, whoever sets it, and leaves the
// job sound.
func TestSteer(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "job.db"), jobFile(t), 0o644); err != nil {
		t.Fatal(err)
	}
	workers, rate, none := 3, 2.5, 0.0
	running := func(do func(*store.Job) error) {
		t.Helper()
		job, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		if err := do(job); err != nil {
			t.Fatal(err)
		}
	}
	beside := func(do func(*store.Job) error) {
		t.Helper()
		job, err := store.View(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		if err := do(job); err != nil {
			t.Fatal(err)
		}
	}
	is := func(paused bool, tuned string) {
		t.Helper()
		beside(func(j *store.Job) error {
			s, err := j.Steering(t.Context())
			if s.PausedAt.IsZero() == paused || s.Tuning.String() != tuned {
				t.Errorf("got paused at %v and %q, want paused %v and %q", s.PausedAt, s.Tuning, paused, tuned)
			}
			return err
		})
	}
	is(false, "")
	beside(func(j *store.Job) error { return j.Pause(t.Context()) })
	is(true, "")
	running(func(j *store.Job) error {
		beside(func(other *store.Job) error {
			return other.Tune(t.Context(), jobs.Tuning{Workers: &workers, MaxRate: &rate})
		})
		is(true, "3 workers and at most 2.5 writes/s per ad account")
		return j.SetSettings(t.Context(), store.Settings{Backup: "/kept", OnDenied: "upload"})
	})
	beside(func(j *store.Job) error { return j.Unpause(t.Context()) })
	running(func(j *store.Job) error { return j.Tune(t.Context(), jobs.Tuning{MaxRate: &none}) })
	is(false, "no limit of writes/s")
	running(func(j *store.Job) error { return j.Tune(t.Context(), jobs.Tuning{}) })
	is(false, "")
	running(func(*store.Job) error { return nil })
}

// A damaged job is not written to by a steering either.
func TestSteerDamaged(t *testing.T) {
	file := jobFile(t)
	file[len(file)-100] ^= 1
	dir := t.TempDir()
	path := filepath.Join(dir, "job.db")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	job, err := store.View(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if err := job.Pause(t.Context()); err == nil {
		t.Error("got a damaged job paused")
	}
	wantFile(t, path, file)
}
