//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// Whatever is done to the names of a running job, no second process runs it.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	r := newTrial(t, smallRows, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
	running := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "1", "--batch-size", "1")
	start(t, running)
	for r.server.Stats().Requests == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	file, lock, elsewhere := filepath.Join(r.job, "job.db"), filepath.Join(r.job, "job.lock"), filepath.Join(r.dir, "elsewhere")
	if err := os.Mkdir(elsewhere, 0o755); err != nil {
		t.Fatal(err)
	}
	beside := filepath.Join(elsewhere, "job.db")
	for _, tt := range []struct {
		name string
		how  func() error
		path string
		code int
		says string
		back func() error
	}{
		{"the lock file is removed", func() error { return os.Remove(lock) }, r.job, exitLocked, "another process", nil},
		{"the lock file is a new one", func() error { return os.WriteFile(lock, nil, 0o600) }, r.job, exitLocked, "another process", nil},
		{
			"the folder has a second path", func() error { return os.Symlink(r.job, filepath.Join(r.dir, "alias")) },
			filepath.Join(r.dir, "alias"), exitLocked, "another process", nil,
		},
		{
			"the folder is moved", func() error { return os.Rename(r.job, r.job+".moved") },
			r.job + ".moved", exitLocked, "another process", func() error { return os.Rename(r.job+".moved", r.job) },
		},
		{
			"the job file is a symbolic link", func() error { return os.Symlink(file, beside) },
			elsewhere, exitUsage, "symbolic link to " + file, func() error { return os.Remove(beside) },
		},
		{
			"the job file is a hard link", func() error { return os.Link(file, beside) },
			elsewhere, exitUsage, "hard link", func() error { return os.Remove(beside) },
		},
		{
			"the job file is moved", func() error { return os.Rename(file, beside) },
			elsewhere, exitLocked, "in use under another path", func() error { return os.Rename(beside, file) },
		},
	} {
		if runtime.GOOS != "linux" && tt.name == "the job file is moved" {
			continue // no lock there holds for a file by itself
		}
		if err := tt.how(); err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"resume", tt.path}, {"retry", tt.path}, {"undo", tt.path, "--yes"}} {
			if code, _, stderr := r.run(t, command...); code != tt.code || !strings.Contains(stderr, tt.says) || !strings.Contains(stderr, "  hint: ") {
				t.Errorf("%s, %s: got exit code %d, want %d and a word of %q\n%s", tt.name, command[0], code, tt.code, tt.says, stderr)
			}
		}
		if tt.back != nil {
			if err := tt.back(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, out, stderr := r.run(t, "status", filepath.Join(r.dir, "alias"), "--json"); !strings.Contains(out, `"state": "running"`) {
		t.Errorf("status does not see that it runs\n%s%s", out, stderr)
	}
	_ = running.Process.Signal(os.Interrupt)
	_ = running.Wait()
	if code := running.ProcessState.ExitCode(); code != exitStopped {
		t.Errorf("the process that ran it ended with %d, want %d", code, exitStopped)
	}
	if code, _, stderr := r.run(t, "resume", r.job); code != exitFailures {
		t.Errorf("resume: got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
	checkUndisturbed(t, r, r.job)
}

// What killed processes left half written goes with the next start of the job. What
// has another name stays.
func TestLeftoversGo(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 20, sandbox.Options{})
	start := func(args ...string) {
		t.Helper()
		r.ends(t, exitStopped, append(args, "--max-duration", "1ns")...)
	}
	start("run", r.manifest, "--job", r.job, "--yes")
	left := []string{
		"job.db.new", "job.db.new-wal", "job.db.new-shm", ".results.csv123", ".failed.csv9", ".mapping.csv1", ".summary.json55", ".report.html4",
		".cleanup.csv17", ".cleanup.json18", "undo/undo.csv.new",
	}
	users := []string{"notes.new", ".results.csv.bak", ".results.csvold", "undo.csv.new", "results.csv.new", "more/job.db.new"}
	for _, name := range append(left, users...) {
		path := filepath.Join(r.job, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, "half")
	}
	start("resume", r.job)
	for _, name := range left {
		if _, err := os.Lstat(filepath.Join(r.job, name)); err == nil {
			t.Errorf("%s is left", name)
		}
	}
	for _, name := range users {
		if _, err := os.Lstat(filepath.Join(r.job, name)); err != nil {
			t.Errorf("%s is gone, which adferry gives no file of a job", name)
		}
	}
}

// A job goes on against the server that it has run against, unless it is told to go on
// elsewhere; a server on loopback may have another port.
func TestEndpointIsKept(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 40, sandbox.Options{})
	r.ends(t, exitStopped, "run", r.manifest, "--job", r.job, "--yes", "--max-duration", "1ns")
	first := r.url
	r.serve(t) // on another port
	second := r.url
	asked := func(url string, args ...string) (int, string) {
		t.Helper()
		c := r.command(t, args...)
		c.Env = append(c.Env, "ADFERRY_ENDPOINT="+url)
		code, _, stderr := ran(t, c)
		return code, stderr
	}
	const other = "https://graph.example.com:8443"
	local := strings.Replace(second, "127.0.0.1", "localhost", 1)
	for _, url := range []string{other, local} {
		for _, args := range [][]string{
			{"resume", r.job}, {"resume", r.job, "--dry-run"}, {"retry", r.job}, {"run", r.manifest, "--job", r.job, "--yes"}, {"run", r.manifest, "--job", r.job, "--dry-run"},
			{"undo", r.job, "--yes"}, {"undo", r.job, "--dry-run"}, {"verify", r.job},
		} {
			if code, stderr := asked(url, args...); code != exitUsage || !strings.Contains(stderr, first) || !strings.Contains(stderr, url) || !strings.Contains(stderr, "--new-endpoint") {
				t.Errorf("%v at %s: got exit code %d, want %d and both servers named\n%s", args, url, code, exitUsage, stderr)
			}
		}
		if code, stderr := asked(url, "status", r.job); code != exitDone {
			t.Errorf("status at %s: got exit code %d\n%s", url, code, stderr)
		}
	}
	if n := r.server.Stats().Requests; n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	if code, stderr := asked(second, "resume", r.job, "--api-version", "v24.0", "--max-duration", "1ns"); code != exitStopped {
		t.Errorf("at another port and version: got exit code %d\n%s", code, stderr)
	}
	if code, stderr := asked(local, "verify", r.job, "--new-endpoint"); code != exitDone {
		t.Errorf("verify --new-endpoint: got exit code %d\n%s", code, stderr)
	}
	if code, stderr := asked(local, "resume", r.job, "--new-endpoint", "--max-duration", "1ns"); code != exitStopped {
		t.Errorf("--new-endpoint: got exit code %d\n%s", code, stderr)
	}
	if code, stderr := asked(local, "resume", r.job); code != exitFailures {
		t.Errorf("at the new one: got exit code %d\n%s", code, stderr)
	}
	if code, stderr := asked(second, "retry", r.job); code != exitUsage || !strings.Contains(stderr, local) {
		t.Errorf("at the former one: got exit code %d, want %d\n%s", code, exitUsage, stderr)
	}
}
