package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"adferry/jobs"
	"adferry/jobs/store"
)

// While a process runs a job and reads how it stands, another process's SQLite may
// look into the file as well: what is committed after that is there all the same.
func TestLogOutlivesReaders(t *testing.T) {
	const query = "SELECT count(*) FROM outcomes"
	python, err := exec.LookPath("python3") // its SQLite is not ours
	if err != nil {
		t.Skip("needs python3, whose SQLite reads the job")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "job.db")
	if err := os.WriteFile(path, jobFile(t), 0o644); err != nil {
		t.Fatal(err)
	}
	job, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if err := job.SetRunning(t.Context(), store.Pace{}); err != nil {
		t.Fatal(err)
	}
	if s, err := job.Live(t.Context()); err != nil || s.State != jobs.JobRunning {
		t.Fatalf("got state %s and %v while it runs", s.State, err)
	}
	script := "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(c.execute(sys.argv[2]).fetchall()); c.close()"
	if out, err := exec.Command(python, "-c", script, path, query).CombinedOutput(); err != nil {
		t.Fatalf("the other process: %v\n%s", err, out)
	}
	if err := job.SetStop(t.Context(), 3, "said after it"); err != nil {
		t.Fatal(err)
	}
	view, err := store.View(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	if m, err := view.Meta(t.Context()); err != nil || m.Stop != "said after it" {
		t.Errorf("got %q and %v, want what was committed last", m.Stop, err)
	}
}
