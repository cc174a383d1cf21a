//go:build unix

package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/graph/sandbox"
	"adferry/jobs"
)

// smallRows is enough for every fate to occur, and for each crash point to be
// passed as often as TestCrashPoints asks.
const smallRows = 300

// fast is latency enough for requests to overlap.
var fast = sandbox.Options{Latency: sandbox.Latency{Min: time.Millisecond, Max: 4 * time.Millisecond}}

// crash is a run that kills itself when it passes a point for the n-th time.
type crash struct {
	point string
	n     int
	r     *trial
	job   string
	out   strings.Builder
	c     *exec.Cmd
}

// Killed at each instant of an operation's life at which something is on disk or
// on the wire and its consequence is not yet, a job ends as if never disturbed.
// The runs are started together: each waits more than it works.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	crashing := crashBinary(t)
	var all []*crash
	for _, p := range []struct {
		name   string
		counts []int
	}{
		{"intent_written", []int{1, 2, 5, 17, 60}},
		{"sent", []int{1, 2, 5, 17}},
		{"answered", []int{1, 2, 5, 17, 60}},
		{"outcome_written", []int{1, 2, 5, 17}},
		{"confirmation_written", []int{1, 2}}, // sightings share commits,
		{"delete_sent", []int{1, 2, 5, 17}},
	} {
		for _, n := range p.counts {
			dir := t.TempDir()
			k := &crash{point: p.name, n: n, r: newTrial(t, dir, smallRows, fast), job: filepath.Join(dir, "job")}
			k.prepare(t, "run", k.r.manifest, "--job", k.job, "--yes", "--batch-size", "3")
			k.c.Path = crashing
			k.c.Env = append(k.c.Env, fmt.Sprintf("ADFERRY_CRASH=%s:%d", p.name, n))
			all = append(all, k)
		}
	}
	together(t, all)
	for i, k := range all {
		if k.c.ProcessState.Exited() {
			t.Errorf("%s was not passed %d times: the run ended by itself\n%s", k.point, k.n, &k.out)
		}
		if reports, _ := filepath.Glob(filepath.Join(k.job, "*.csv")); len(reports) > 0 {
			t.Errorf("%s, %d: there are reports: %v", k.point, k.n, reports)
		}
		if i%2 == 1 { // a copy goes on as well, with what the killed process held
			elsewhere := filepath.Join(t.TempDir(), "copy")
			if err := errors.Join(os.CopyFS(elsewhere, os.DirFS(k.job)), os.RemoveAll(k.job)); err != nil {
				t.Fatal(err)
			}
			k.job = elsewhere
		}
		k.prepare(t, "resume", k.job)
	}
	together(t, all)
	for _, k := range all {
		t.Run(fmt.Sprintf("%s/%d", k.point, k.n), func(t *testing.T) {
			if code := k.c.ProcessState.ExitCode(); code != exitFailures {
				t.Fatalf("resume: got exit code %d, want %d\n%s", code, exitFailures, &k.out)
			}
			checkUndisturbed(t, k.r, k.job)
		})
	}
}

// prepare makes the crash's next command.
func (k *crash) prepare(t *testing.T, args ...string) {
	t.Helper()
	k.out.Reset()
	k.c = k.r.command(t, args...)
	k.c.Stdout, k.c.Stderr = &k.out, &k.out
}

// together runs the commands of all crashes to their ends.
func together(t *testing.T, all []*crash) {
	t.Helper()
	for _, k := range all {
		if err := k.c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range all {
		_ = k.c.Wait() // the caller looks at the state
	}
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
		dir := t.TempDir()
		r := newTrial(t, dir, smallRows, fast)
		job := filepath.Join(dir, "job")
		if code, _, stderr := r.run(t, "run", r.manifest, "--job", job, "--yes"); code != exitFailures {
			t.Fatalf("undisturbed: got exit code %d, want %d\n%s", code, exitFailures, stderr)
		}
		e := endingOf(t, r, job)
		calm.ending = &e
	}
	return *calm.ending
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

// crashBinary is adferry with the crash points of package jobs compiled in.
func crashBinary(t *testing.T) string {
	t.Helper()
	return builtWith(t, "crashpoints")
}
