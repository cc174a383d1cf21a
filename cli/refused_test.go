package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// A token or an app that is refused in mid-run stops it with exit code 4 and a hint
// on what to renew; a resume ends as an undisturbed run does.
func TestRefusedTokenStops(t *testing.T) {
	t.Parallel()
	for code, hint := range map[string]string{
		"190/463": "renew the access token", "294": "ads_management", "2635": "ADFERRY_API_VERSION",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, 400, sandbox.Options{Script: []sandbox.Rule{
				{Match: sandbox.Match{Kind: sandbox.Copy, Nth: 60, Count: 1e6}, Fault: sandbox.Fault{Name: code}},
			}})
			exit, _, stderr := r.run(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "2")
			if exit != exitRefused || !strings.Contains(stderr, hint) || !strings.Contains(stderr, "adferry resume") {
				t.Errorf("got exit code %d, want %d and a hint with %q\n%s", exit, exitRefused, hint, stderr)
			}
			if s := readSummary(t, r.job); s.ExitCode == nil || *s.ExitCode != exitRefused || s.Totals.Pending == 0 || s.Reasons["denied"] > 40 {
				t.Errorf("got totals %+v, reasons %v, exit code %v", s.Totals, s.Reasons, s.ExitCode)
			}
			if exit, _, _ := r.run(t, "resume", r.job); exit != exitRefused {
				t.Errorf("resume with the same token: got exit code %d, want %d", exit, exitRefused)
			}
			r.server.ClearFaults()
			if exit, _, stderr := r.run(t, "resume", r.job); exit != exitFailures {
				t.Fatalf("resume: got exit code %d, want %d\n%s", exit, exitFailures, stderr)
			}
			checkJobFiles(t, r.job, r.want)
			checkEffects(t, r)
		})
	}
}

// The flags for attempts and pauses are heeded.
func TestAttemptFlags(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 40, sandbox.Options{Script: []sandbox.Rule{
		{Match: sandbox.Match{Kind: sandbox.Copy}, Fault: sandbox.Fault{Name: "2"}},
	}})
	began := time.Now()
	code, _, stderr := r.run(t, "run", r.manifest, "--job", r.job, "--yes", "--max-attempts", "8", "--retry-base", "10ms", "--retry-max", "40ms")
	if code != exitFailures {
		t.Fatalf("got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v: seven pauses of at most 60 ms are not a minute", took)
	}
	given := 0
	for _, row := range readCSV(t, filepath.Join(r.job, "results.csv")) {
		if row[6] != "gave_up" {
			continue
		}
		given++
		if row[8] != "8" || row[9] != "2" {
			t.Errorf("row %s: got %s attempts and code %s, want 8 and 2", row[0], row[8], row[9])
		}
	}
	if given < 10 {
		t.Errorf("%d rows gave up: the test is void", given)
	}
}
