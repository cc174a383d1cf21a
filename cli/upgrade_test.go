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
	ends(t, exitDone, nil, "run", "../testdata/consolidation.csv", "--sandbox", "--job", job, "--yes")
	edit := func(name, old, now string) (before []byte) {
		t.Helper()
		path := filepath.Join(job, name)
		before, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(before, []byte(old)) {
			t.Fatalf("%s has no %s, %v", name, old, err)
		}
		writeFile(t, path, bytes.Replace(before, []byte(old), []byte(now), 1))
		return before
	}
	want := edit("results.csv", ",fbtrace_id,", ",")
	edit("summary.json", `"reports_form": "`, `"reports_form": "0`) // Write ends with it
	ends(t, exitDone, nil, "resume", job)
	if got, err := os.ReadFile(filepath.Join(job, "results.csv")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got results.csv\n%s%v, want\n%s", got, err, want)
	}
}
