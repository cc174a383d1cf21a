package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

var timeOrNil = time.Date(2026, time.November, 24, 9, 7, 19, 0, time.FixedZone("", 3600))

func TestSeriesNames(t *testing.T) {
	root := filepath.Join(t.TempDir(), "jobs", "weekly")
	s := open(t, root)
	for _, want := range []string{"cleanup-20261124-080719Z", "cleanup-20261124-080720Z"} {
		if dir, err := s.Make(timeOrNil); err != nil || dir != filepath.Join(root, want) {
			t.Errorf("got %s, %v; want %s", dir, err, want)
		}
	}
	if dir, err := s.Last(); dir != "" || err != nil {
		t.Errorf("no folder holds a job: got %q, %v", dir, err)
	}
	makeJob(t, filepath.Join(root, "cleanup-20261124-080719Z"), true)
	if dir, err := s.Last(); filepath.Base(dir) != "cleanup-20261124-080719Z" || err != nil {
		t.Errorf("got %q, %v; want the one that holds a job", dir, err)
	}
	if _, err := store.OpenSchedule(root, "cleanup"); !errors.Is(err, store.ErrBusy) {
		t.Errorf("opened twice: got %v, want ErrBusy", err)
	}
	s.Close()
	open(t, root)
}

// Only what adferry made there, and is done with, is removed.
func TestSeriesPrune(t *testing.T) {
	root := t.TempDir()
	at := func(n int) string { return filepath.Join(root, fmt.Sprintf("cleanup-202611%02d-030000Z", n)) }
	for n := 1; n <= 9; n++ {
		makeJob(t, at(n), n != 2) // 2 is unfinished
	}
	write := func(parts ...string) {
		path := filepath.Join(parts...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write(at(3), "notes.txt")                 // holds a file of the user's
	write(at(4), "backup", "image.jpg")       // holds a folder
	write(at(5), "results.csv")               // holds a report
	write(at(6), "job.db")                    // is damaged
	write(at(10), "cleanup.csv")              // never came to be a job
	write(at(11), "mine.csv")                 // never was one
	write(root, "cleanup-2026", "notes.txt")  // is named otherwise
	write(root, "cleanup-20261101-030000Zed") // is a file
	makeJob(t, filepath.Join(root, "mine"), true)
	away := filepath.Join(t.TempDir(), "away")
	makeJob(t, away, true)
	if err := os.Symlink(away, at(12)); err != nil {
		t.Fatal(err)
	}
	held, err := store.Open(t.Context(), at(7)) // is held, as by a retry
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()

	s := open(t, root)
	removed, err := s.Prune(t.Context(), 2, func(name string) bool { return name == "results.csv" || name == "cleanup.csv" })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(removed)
	if want := []string{at(1), at(5), at(10)}; !slices.Equal(removed, want) {
		t.Errorf("removed %v, want %v", removed, want)
	}
	for _, dir := range []string{at(2), at(3), at(4), at(6), at(7), at(8), at(9), at(11), at(12), filepath.Join(root, "mine"), filepath.Join(root, "cleanup-2026"), away} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
			t.Errorf("%s was touched: %v, %d files", dir, err, len(entries))
		}
	}
	for _, dir := range removed {
		if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", dir, err)
		}
	}
}

func open(t *testing.T, root string) *store.Schedule {
	t.Helper()
	s, err := store.OpenSchedule(root, "cleanup")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// makeJob makes a job of one deletion, settled if it is to be finished.
func makeJob(t *testing.T, dir string, finished bool) {
	t.Helper()
	const manifest = "operation,source_account,hash\ndelete,11,0123456789abcdef0123456789abcdef\n"
	job, _, err := store.Create(t.Context(), dir, store.Spec{
		Manifest: "cleanup.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if !finished {
		return
	}
	done := jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: jobs.Outcome{State: jobs.Skipped, Reason: jobs.AlreadyAbsent}}}}
	if _, err := job.Commit(t.Context(), done); err != nil {
		t.Fatal(err)
	}
}
