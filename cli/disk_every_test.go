//go:build linux

package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/graph/sandbox"
	"adferry/jobs/campaign"
)

// Whichever disk operation is the first to fail, counted in each thread (of later ones
// a sample), whether the disk is dead from then on or not: the run says so and stops, or no harm was
// done, and the next one ends as if nothing had been.
func TestEveryDiskOperationFails(t *testing.T) {
	t.Parallel()
	needStrace(t)
	disks := campaign.Start(t, campaign.Disks)
	const rows = 20 // each fate once
	r := newTrial(t, rows, sandbox.Options{})
	r.ends(t, exitFailures, "run", r.manifest, "--job", r.job, "--yes", "--retry-base", "5ms")
	want := endingOf(t, r, r.job)
	for _, fault := range []string{
		"pwrite64:error=ENOSPC:when=%d+", "fsync,fdatasync:error=EIO:when=%d+", "fsync,fdatasync:error=EIO:when=%d",
		"ftruncate:error=EIO:when=%d+", "renameat,renameat2:error=ENOSPC:when=%d+",
	} {
		t.Run(strings.Split(fault, ":when")[0]+strings.TrimPrefix(fault[strings.Index(fault, "%d"):], "%d"), func(t *testing.T) {
			t.Parallel()
			n, late := 1, false
			for first := true; !late && (first || disks.Next()); first = false {
				var missed atomic.Bool
				t.Run(fmt.Sprint("from ", n), func(t *testing.T) { // it returns when all have ended
					for range 2 {
						fault, void := fmt.Sprintf(fault, n), n == 1
						t.Run(fmt.Sprint(n), func(t *testing.T) {
							t.Parallel()
							if failNth(t, fault, rows, want) {
								return
							}
							missed.Store(true)
							if void {
								t.Error("no operation failed: the test is void")
							}
						})
						n += 1 + n/8 // each of the first ones, and then fewer: a run takes a second
					}
				})
				late = missed.Load()
			}
		})
	}
}

// failNth runs a trial under a fault and again without it. It reports whether
// the fault came to strike.
func failNth(t *testing.T, fault string, rows int, want ending) bool {
	t.Helper()
	r := newTrial(t, rows, sandbox.Options{})
	job, trace := filepath.Join(r.dir, "job"), filepath.Join(r.dir, "trace")
	behind := strace(fault)
	behind[3] = trace
	code, stderr := runBehind(t, r, behind, "run", r.manifest, "--job", job, "--yes", "--batch-size", "3", "--retry-base", "5ms")
	seen := readFile(t, trace)
	if code != exitFailures {
		checkDiskStop(t, code, stderr, job)
	}
	if code, _, stderr := r.run(t, "run", r.manifest, "--job", job, "--yes", "--retry-base", "5ms"); code != exitFailures {
		t.Errorf("%s, again: got exit code %d, want %d\n%s", fault, code, exitFailures, stderr)
		return true
	}
	if diff := cmp.Diff(want, endingOf(t, r, job)); diff != "" {
		t.Errorf("%s: it ended otherwise than an undisturbed run (-undisturbed +got):\n%.2000s", fault, diff)
	}
	checkEffects(t, r)
	return strings.Contains(string(seen), "(INJECTED)")
}
