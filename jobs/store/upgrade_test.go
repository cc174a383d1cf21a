package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// present is the format of new files.
const present = 4

// A job file of an older format is read as it lies, and upgraded when a process is
// to run it. What it holds stays; of writes whose answers were lost it is assumed
// that they left when the file was last written to.
func TestUpgrade(t *testing.T) {
	dir, file := keptFile(t, 1)
	old := operations(t, dir)
	wantFile(t, filepath.Join(dir, "job.db"), file)
	last := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, "job.db"), last, last); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to upgrade
		job, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		if got := formatOf(t, dir); got != present {
			t.Fatalf("got format %d, want %d", got, present)
		}
	}
	inDoubt := 0
	for i, o := range old {
		if o.Outcome.State == jobs.Sent || o.Outcome.State == jobs.Failed && o.Outcome.Tried {
			old[i].Outcome.LastSent = last
			inDoubt++
		}
	}
	if inDoubt != 3 {
		t.Fatalf("got %d writes in doubt, want 3: the test is void", inDoubt)
	}
	if d := cmp.Diff(old, operations(t, dir)); d != "" {
		t.Errorf("before and after the upgrade:\n%s", d)
	}
}

// An upgrade that is cut off anywhere leaves a job of the one format or of the
// other, whole.
func TestUpgradeCutOff(t *testing.T) {
	dir, _ := keptFile(t, 1)
	view, err := store.View(t.Context(), dir) // while it is open, the log stays beside the file
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	if _, err := view.Meta(t.Context()); err != nil {
		t.Fatal(err)
	}
	job, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	file, errFile := os.ReadFile(filepath.Join(dir, "job.db"))
	log, errLog := os.ReadFile(filepath.Join(dir, "job.db-wal"))
	if err := errors.Join(errFile, errLog); err != nil || len(log) == 0 {
		t.Fatalf("the log has %d bytes, %v", len(log), err)
	}
	want := operations(t, dir)
	formats := map[int]int{}
	for cut := 0; ; cut = min(cut+1030, len(log)) {
		dir := t.TempDir()
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "job.db"), file, 0o644), os.WriteFile(filepath.Join(dir, "job.db-wal"), log[:cut], 0o644)); err != nil {
			t.Fatal(err)
		}
		formats[formatOf(t, dir)]++
		job, err := store.Open(t.Context(), dir)
		if err != nil {
			t.Fatalf("cut off after %d of %d bytes: %v", cut, len(log), err)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		if format, got := formatOf(t, dir), operations(t, dir); format != present || len(got) != len(want) {
			t.Errorf("cut off after %d bytes: got format %d and %d operations, want %d and %d", cut, format, len(got), present, len(want))
		}
		if cut == len(log) {
			break
		}
	}
	if formats[1] == 0 || formats[present] == 0 {
		t.Errorf("found the formats %v: the test is void", formats)
	}
}

// What is damaged is not upgraded.
func TestUpgradeOfDamaged(t *testing.T) {
	dir, file := keptFile(t, 1)
	bad := bytes.Replace(file, []byte("copied"), []byte("Copied"), 1)
	path := filepath.Join(dir, "job.db")
	if err := os.WriteFile(path, bad, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), dir); !errors.As(err, new(*store.DamagedError)) {
		t.Errorf("got %v, want a DamagedError", err)
	}
	wantFile(t, path, bad)
}

// keptFile puts the job file that is kept of a format into a folder.
func keptFile(t *testing.T, format int) (dir string, file []byte) {
	t.Helper()
	file, err := os.ReadFile(fmt.Sprintf("testdata/format%d.db", format))
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "job.db"), file, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

func operations(t *testing.T, dir string) []jobs.Operation {
	t.Helper()
	view, err := store.View(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	var ids []plan.OpID
	for id := range plan.OpID(100) {
		ids = append(ids, id)
	}
	all, err := view.Load(t.Context(), ids)
	if err != nil || len(all) == 0 {
		t.Fatalf("got %d operations, %v", len(all), err)
	}
	return all
}

func formatOf(t *testing.T, dir string) (format int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "job.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("PRAGMA user_version").Scan(&format); err != nil {
		t.Fatal(err)
	}
	return format
}
