package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever prints ends quietly, and as it would have ended, when its reader leaves,
// and says so when its output cannot be written. How a run went is in its exit code
// all the same.
func TestOutputLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manifest, failing := filepath.Join(dir, "ok.csv"), filepath.Join(dir, "failing.csv")
	const row = "111,0123456789abcdef0123456789abcdef,222"
	for path, text := range map[string]string{
		manifest: "source_account,hash,target_account\n" + row + "\n",
		failing:  "source_account,hash,target_account,sandbox\n" + row + ",missing\n",
	} {
		writeFile(t, path, text)
	}
	job := filepath.Join(dir, "job")
	for _, c := range []struct {
		args       []string
		left, full int
	}{
		{[]string{"run", manifest, "--sandbox", "--job", job}, exitDone, exitDone},
		{[]string{"run", failing, "--sandbox"}, exitFailures, exitFailures},
		{[]string{"run", manifest, "--dry-run"}, exitDone, exitStopped},
		{[]string{"plan", manifest}, exitDone, exitStopped},
		{[]string{"plan", manifest, "--json"}, exitDone, exitStopped},
		{[]string{"plan", manifest, "--check", "--sandbox"}, exitDone, exitStopped},
		{[]string{"plan", manifest, "--check", "--sandbox", "--json"}, exitDone, exitStopped},
		{[]string{"status", job}, exitDone, exitStopped},
		{[]string{"status", job, "--json"}, exitDone, exitStopped},
		{[]string{"verify", job}, exitDone, exitStopped},
		{[]string{"verify", job, "--json"}, exitDone, exitStopped},
		{[]string{"report", job}, exitDone, exitStopped},
		{[]string{"resume", job, "--dry-run"}, exitDone, exitStopped},
		{[]string{"tune", job, "--workers", "3"}, exitDone, exitStopped},
		{[]string{"help", "run"}, exitDone, exitStopped},
	} {
		t.Run(c.args[0], func(t *testing.T) {
			if code, stderr := runInto(t, readerLeft(t), c.args); code != c.left || strings.Contains(stderr, "output") {
				t.Errorf("%v, its reader gone: got exit code %d, want %d\n%s", c.args, code, c.left, stderr)
			}
			if code, stderr := runInto(t, fullDisk(t), c.args); code != c.full || !strings.Contains(stderr, "adferry: the output cannot be written") {
				t.Errorf("%v, the disk full: got exit code %d, want %d\n%s", c.args, code, c.full, stderr)
			}
		})
	}
}

func runInto(t *testing.T, out *os.File, args []string) (code int, stderr string) {
	t.Helper()
	defer out.Close()
	return inProcessTo(t, out, nil, args...)
}

// readerLeft is a pipe that nobody reads.
func readerLeft(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	return w
}

func fullDisk(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	return f
}
