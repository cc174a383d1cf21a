package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A finished job whose reports an older version wrote gets those of this one at the next resume.
func TestResumeWritesReportsOfThisVersion(t *testing.T) {
	t.Parallel()
	job := filepath.Join(t.TempDir(), "job")
	if code, _, stderr := inProcess(t, nil, "run", "../testdata/consolidation.csv", "--sandbox", "--job", job, "--yes"); code != exitDone {
		t.Fatalf("got exit code %d\n%s", code, stderr)
	}
	edit := func(name, old, now string) (before []byte) {
		t.Helper()
		path := filepath.Join(job, name)
		before, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(before, []byte(old)) {
			t.Fatalf("%s has no %s, %v", name, old, err)
		}
		if err := os.WriteFile(path, bytes.Replace(before, []byte(old), []byte(now), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		return before
	}
	want := edit("results.csv", ",fbtrace_id,", ",")
	edit("summary.json", `"reports_form": "`, `"reports_form": "0`) // Write ends with it
	if code, _, stderr := inProcess(t, nil, "resume", job); code != exitDone {
		t.Fatalf("resume: got exit code %d\n%s", code, stderr)
	}
	if got, err := os.ReadFile(filepath.Join(job, "results.csv")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got results.csv\n%s%v, want\n%s", got, err, want)
	}
}
