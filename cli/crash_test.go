//go:build unix

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/campaign"
)

// fast is latency enough for requests to overlap.
var fast = sandbox.Options{Latency: sandbox.Latency{Min: time.Millisecond, Max: 4 * time.Millisecond}}

// Killed at each instant of an operation's life at which something is on disk or
// on the wire and its consequence is not yet, a job ends as if never disturbed.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	crashes := campaign.Start(t, campaign.Crashes)
	for _, p := range []struct {
		name   string
		counts []int // times that the point is passed before; the first and the last are always tried
	}{
		{"intent_written", []int{1, 2, 5, 17, 60}},
		{"sent", []int{1, 2, 5, 17}},
		{"answered", []int{1, 2, 5, 17, 60}},
		{"outcome_written", []int{1, 2, 5, 17}},
		{"confirmation_written", []int{1, 2}}, // confirmations share commits
		{"delete_sent", []int{1, 2, 5, 17}},
	} {
		for i, n := range p.counts {
			t.Run(fmt.Sprintf("%s/%d", p.name, n), func(t *testing.T) {
				t.Parallel()
				if 0 < i && i < len(p.counts)-1 {
					crashes.Case(t)
				}
				crashAt(t, p.name, n, i%2 == 1)
			})
		}
	}
}

// crashAt runs a job that kills itself when it passes a point for the n-th time, and
// goes on with it or with a copy of its folder.
func crashAt(t *testing.T, point string, n int, copied bool) {
	t.Helper()
	r := newTrial(t, smallRows, fast)
	c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "3", "--retry-base", "5ms")
	c.Path = builtWith(t, "crashpoints")
	c.Env = append(c.Env, fmt.Sprintf("ADFERRY_CRASH=%s:%d", point, n))
	if _, out, stderr := ran(t, c); c.ProcessState.Exited() {
		t.Errorf("it was not passed %d times: the run ended by itself\n%s%s", n, out, stderr)
	}
	r.handleAll(t)
	if reports, _ := filepath.Glob(filepath.Join(r.job, "*.csv")); len(reports) > 0 {
		t.Errorf("there are reports: %v", reports)
	}
	if copied { // it goes on as well, with what the killed process held
		elsewhere := filepath.Join(t.TempDir(), "copy")
		if err := errors.Join(os.CopyFS(elsewhere, os.DirFS(r.job)), os.RemoveAll(r.job)); err != nil {
			t.Fatal(err)
		}
		r.job = elsewhere
	}
	r.ends(t, exitFailures, "resume", r.job, "--retry-base", "5ms")
	checkUndisturbed(t, r, r.job)
}

// ending is what a job leaves behind, in its folder and on the server, apart
// from times and trace ids.
type ending struct {
	Images                   []sandbox.Entry
	Results, Failed, Mapping [][]string
	State                    jobs.JobState
	ExitCode                 int
	Totals                   jobs.Totals
	Operations               map[string]jobs.Totals
	Reasons                  map[jobs.Reason]int
}

func endingOf(t *testing.T, r *trial, job string) ending {
	t.Helper()
	s := readSummary(t, job)
	table := func(name string) [][]string { return timeless(readCSV(t, filepath.Join(job, name))) }
	e := ending{
		Images: r.server.Snapshot(), Results: table("results.csv"), Failed: table("failed.csv"), Mapping: table("mapping.csv"),
		State: s.State, ExitCode: -1, Totals: s.Totals, Operations: s.Operations, Reasons: s.Reasons,
	}
	if s.ExitCode != nil {
		e.ExitCode = *s.ExitCode
	}
	return e
}

// calm is how a trial of smallRows ends that nothing disturbs, once a test has needed it.
var calm struct {
	sync.Mutex
	ending *ending
}

func undisturbed(t *testing.T) ending {
	t.Helper()
	calm.Lock()
	defer calm.Unlock()
	if calm.ending == nil {
		e := endingAlone(t, newTrial(t, smallRows, fast))
		calm.ending = &e
	}
	return *calm.ending
}

// endingAlone is how a trial ends that one process runs in a folder.
func endingAlone(t *testing.T, r *trial) ending {
	t.Helper()
	job := filepath.Join(t.TempDir(), "job")
	r.ends(t, exitFailures, "run", r.manifest, "--job", job, "--yes")
	return endingOf(t, r, job)
}

// checkUndisturbed holds a job that was disturbed and has ended against one that
// was not.
func checkUndisturbed(t *testing.T, r *trial, job string) {
	t.Helper()
	if diff := cmp.Diff(undisturbed(t), endingOf(t, r, job)); diff != "" {
		t.Errorf("it ended otherwise than an undisturbed run (-undisturbed +got):\n%.3000s", diff)
	}
	checkEffects(t, r)
}
