package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// A full circle: a cleanup with a backup, then the backup's restore.csv, then
// verify, and the ad accounts list what they listed before.
func TestCleanupRestored(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 1, sandbox.Options{Rates: map[string]float64{"cut_after": 0.02, "html_502": 0.02}})
	accounts := []string{source(0), source(1), source(2)}
	for i := range 150 {
		image := sandbox.Image{Hash: fmt.Sprintf("%032x", i+1), Name: fmt.Sprintf("=1+%d, \"spring\".png", i), Width: 30, Height: 20 + i, Created: time.Now().Add(-400 * 24 * time.Hour)}
		switch i % 5 {
		case 3:
			image.Creatives = []string{"120000000000001"}
		case 4:
			image.Created = time.Now().Add(-time.Hour)
		}
		r.server.AddImage(accounts[i%3], image)
	}
	do := func(want int, args ...string) string {
		t.Helper()
		code, out, stderr := r.run(t, append(args, "--retry-base", "5ms")...)
		if code != want {
			t.Fatalf("adferry %s: got exit code %d, want %d\n%s%s", strings.Join(args, " "), code, want, out, stderr)
		}
		return out
	}
	listed := func() []string {
		t.Helper()
		lines := strings.Split(do(exitDone, append([]string{"list", "--fields", "name,status,original_width,original_height", "--format", "csv"}, accounts...)...), "\n")
		slices.Sort(lines)
		return lines
	}
	before := listed()
	job, kept, back := filepath.Join(r.dir, "job"), filepath.Join(r.dir, "kept"), filepath.Join(r.dir, "back")
	do(exitDone, append([]string{"cleanup", "--unused", "--older-than", "180d", "--max-delete", "90%", "--backup", kept, "--job", job, "--yes"}, accounts...)...)
	if n := len(before) - len(listed()); n != 90 {
		t.Fatalf("the cleanup deleted %d images, want 90", n)
	}
	do(exitDone, "verify", job)
	do(exitDone, "run", filepath.Join(kept, "restore.csv"), "--job", back)
	do(exitDone, "verify", back)
	if out := do(exitFailures, "verify", job); !strings.Contains(out, "90") {
		t.Errorf("the cleanup's own job does not tell of what came back:\n%s", out)
	}
	if after := listed(); !slices.Equal(before, after) {
		t.Errorf("before %q\nafter  %q", before[:5], after[:5])
	}
}
