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

	"adferry/graph/sandbox"
	"adferry/reports"
)

// contest is a server with ad accounts, a user's state folder, and jobs of the same
// images in them.
type contest struct {
	*trial
	dir   string
	state string

	beside bool // a job runs meanwhile, which moves images into 22: its writes do not count
}

const contested = 40 // images

func newContest(t *testing.T, o sandbox.Options) *contest {
	t.Helper()
	dir := t.TempDir()
	c := &contest{trial: &trial{server: sandbox.New(o)}, dir: dir, state: filepath.Join(dir, "state")}
	c.serve(t)
	for _, account := range []string{"11", "22", "33"} {
		c.server.AddAccount(account, sandbox.AccountOptions{})
		for n := range contested {
			if account != "33" {
				c.server.AddImage(account, sandbox.Image{Hash: contestedHash(n), Created: time.Now().Add(-300 * day)})
			}
		}
	}
	return c
}

// command is adferry with the state folder.
func (c *contest) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := c.trial.command(t, args...)
	command.Env = append(command.Env, "ADFERRY_STATE_DIR="+c.state)
	return command
}

func (c *contest) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return ran(t, c.command(t, args...))
}

func contestedHash(n int) string { return fmt.Sprintf("%032x", n+1) }

// manifest is a manifest of one row for each image.
func (c *contest) manifestOf(t *testing.T, name, verb, from, to string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for n := range contested {
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", verb, from, contestedHash(n), to)
	}
	path := filepath.Join(c.dir, name+".csv")
	writeFile(t, path, b.String())
	return path
}

// start begins a job and stops it before it has sent a write.
func (c *contest) start(t *testing.T, name, verb, from, to string) (job string) {
	t.Helper()
	job = filepath.Join(c.dir, name)
	code, _, stderr := c.run(t, "run", c.manifestOf(t, name, verb, from, to), "--job", job, "--yes", "--max-duration", "1ns")
	if code != exitStopped {
		t.Fatalf("%s: got exit code %d, want %d\n%s", name, code, exitStopped, stderr)
	}
	return job
}

// refused checks that a command is refused for the sake of another job, and sends no
// write.
func (c *contest) refused(t *testing.T, mine, other string, args ...string) {
	t.Helper()
	writes := c.writes()
	code, _, stderr := c.run(t, args...)
	if code != exitGuard {
		t.Errorf("%v: got exit code %d, want %d\n%s", args, code, exitGuard, stderr)
	}
	for _, want := range []string{mine, other, "adferry resume " + reports.Quote(other), "nothing was sent"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%v: no word of %q in\n%s", args, want, stderr)
		}
	}
	if n := c.writes(); n != writes {
		t.Errorf("%v: %d writes were sent", args, n-writes)
	}
}

// writes counts the effects that a command under test may have had.
func (c *contest) writes() (n int) {
	for _, e := range c.server.Log() {
		if !c.beside || e.Kind == sandbox.Delete && e.Account == "22" {
			n++
		}
	}
	return n
}

// ends is that of the trial, with the contest's state folder.
func (c *contest) ends(t *testing.T, want int, args ...string) {
	t.Helper()
	if code, out, stderr := c.run(t, args...); code != want {
		t.Fatalf("%q: got exit code %d, want %d\n%s%s", args, code, want, out, stderr)
	}
}

func (c *contest) passes(t *testing.T, args ...string) (stderr string) {
	t.Helper()
	code, out, stderr := c.run(t, args...)
	if code != exitDone {
		t.Errorf("%v: got exit code %d\n%s%s", args, code, out, stderr)
	}
	return stderr
}

// starts checks that a job goes on; how it ends is not waited for.
func (c *contest) starts(t *testing.T, args ...string) {
	t.Helper()
	if code, _, stderr := c.run(t, append(args, "--max-duration", "100ms")...); code > exitStopped || code == exitUsage {
		t.Errorf("%v: got exit code %d\n%s", args, code, stderr)
	}
}

// registered counts the jobs in the user's registry.
func (c *contest) registered(t *testing.T) int {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(c.state, "jobs", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// Of two jobs that contradict each other the one that starts second is refused,
// whichever that is, until the first has ended.
func TestContradictingJobs(t *testing.T) {
	t.Parallel()
	type job struct{ verb, from, to string }
	for _, tt := range []struct {
		name string
		a, b job
	}{
		{"consolidation and cleanup of its target", job{"move", "11", "33"}, job{"delete", "33", ""}},
		{"opposite moves", job{"move", "11", "22"}, job{"move", "22", "11"}},
		{"copies and a cleanup of their source", job{"copy", "11", "33"}, job{"delete", "11", ""}},
		{"the same deletions", job{"delete", "11", ""}, job{"delete", "11", ""}},
		{"moves to two places", job{"move", "11", "22"}, job{"move", "11", "33"}},
	} {
		for _, order := range [][2]job{{tt.a, tt.b}, {tt.b, tt.a}} {
			t.Run(fmt.Sprintf("%s, %s first", tt.name, order[0].verb), func(t *testing.T) {
				t.Parallel()
				c := newContest(t, sandbox.Options{})
				first := c.start(t, "first", order[0].verb, order[0].from, order[0].to)
				second := filepath.Join(c.dir, "second")
				manifest := c.manifestOf(t, "second", order[1].verb, order[1].from, order[1].to)
				c.passes(t, "run", manifest, "--job", second, "--yes", "--dry-run")
				c.refused(t, second, first, "run", manifest, "--job", second, "--yes")
				c.refused(t, second, first, "resume", second)
				c.passes(t, "resume", second, "--dry-run")
				c.passes(t, "resume", first)
				if n := c.registered(t); n != 0 {
					t.Errorf("%d jobs are registered after the only one has ended", n)
				}
				c.starts(t, "resume", second)
			})
		}
	}
}

// A cleanup of an ad account that a running job copies into deletes nothing, whether it
// names its folder or a timer does; a job whose folder is gone is in nobody's way.
func TestCleanupBesideConsolidation(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
	c.beside = true
	job := filepath.Join(c.dir, "consolidation")
	running := c.command(t, "run", c.manifestOf(t, "consolidation", "move", "11", "22"), "--job", job, "--yes", "--max-rate", "0.1") // it takes minutes
	start(t, running)
	for c.registered(t) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	clean := []string{"cleanup", "22", "--older-than", "200d", "--max-delete", "100%", "--yes"}
	c.refused(t, filepath.Join(c.dir, "clean"), job, append(clean, "--job", filepath.Join(c.dir, "clean"))...)
	c.refused(t, filepath.Join(c.dir, "timer"), job, append(clean, "--jobs", filepath.Join(c.dir, "timer"))...)

	// The running job's folder is moved, and another one even put in its place.
	moved := job + ".moved"
	if err := os.Rename(job, moved); err != nil {
		t.Fatal(err)
	}
	c.refused(t, filepath.Join(c.dir, "clean"), job, append(clean, "--job", filepath.Join(c.dir, "clean"))...)
	c.refused(t, job, job, "run", c.manifestOf(t, "deletes", "delete", "22", ""), "--job", job, "--yes")

	_ = running.Process.Kill()
	_ = running.Wait()
	c.handleAll(t)
	if err := errors.Join(os.RemoveAll(moved), os.RemoveAll(job)); err != nil {
		t.Fatal(err)
	}
	c.passes(t, append(clean, "--job", filepath.Join(c.dir, "clean"))...)
	if n := c.registered(t); n != 0 {
		t.Errorf("%d jobs are registered", n)
	}
}

// A job whose process was killed is unfinished, and so is a copy of its folder.
func TestCopiedFolder(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
	job, twin := filepath.Join(c.dir, "job"), filepath.Join(c.dir, "twin")
	running := c.command(t, "run", c.manifestOf(t, "job", "move", "11", "33"), "--job", job, "--yes", "--batch-size", "1", "--workers", "2")
	start(t, running)
	for len(c.server.Log()) < 10 {
		time.Sleep(5 * time.Millisecond)
	}
	_ = running.Process.Kill()
	_ = running.Wait()
	c.handleAll(t)
	if err := os.CopyFS(twin, os.DirFS(job)); err != nil {
		t.Fatal(err)
	}
	c.refused(t, twin, job, "resume", twin)
	if err := os.RemoveAll(job); err != nil {
		t.Fatal(err)
	}
	c.passes(t, "resume", twin)
}

// Failed rows are settled: the job is out of the way, until a retry opens them again.
func TestRetryRegisters(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{})
	c.server.AddAccount("11", sandbox.AccountOptions{Denied: "200"})
	job := filepath.Join(c.dir, "job")
	c.ends(t, exitFailures, "run", c.manifestOf(t, "job", "delete", "11", ""), "--job", job, "--yes", "--batch-size", "1")
	if n := c.registered(t); n != 0 {
		t.Errorf("%d jobs are registered though none is unfinished", n)
	}
	c.server.AddAccount("11", sandbox.AccountOptions{})
	other := c.start(t, "other", "copy", "11", "33")
	c.refused(t, job, other, "retry", job)
	if s := readSummary(t, job); s.Totals.Failed == 0 {
		t.Errorf("the refused retry opened the failed rows: %+v", s.Totals)
	}
	c.passes(t, "resume", other)
	c.passes(t, "retry", job)
}

// An undo takes back a job that is unfinished, and the job may go on after it; for any
// other job the undo is one like all.
func TestUndoMeetsNotItsJob(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{})
	job := c.start(t, "job", "copy", "11", "33")
	if code, _, stderr := c.run(t, "resume", job, "--batch-size", "1", "--max-rate", "5", "--max-duration", "3s"); code != exitStopped || len(c.server.Log()) == 0 {
		t.Fatalf("got exit code %d and %d writes\n%s", code, len(c.server.Log()), stderr)
	}
	undo := filepath.Join(job, "undo")
	c.ends(t, exitStopped, "undo", job, "--yes", "--max-duration", "1ns")
	if n := c.registered(t); n != 2 {
		t.Errorf("%d jobs are registered, want the job and its undo", n)
	}
	other := filepath.Join(c.dir, "other")
	c.refused(t, other, job, "run", c.manifestOf(t, "other", "delete", "33", ""), "--job", other, "--yes")
	c.passes(t, "resume", undo)
	c.starts(t, "resume", job)
}

// Of processes that start at once, exactly one passes.
func TestStartTogether(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}}) // the first is to run when the last one starts
	const several = 4
	var all []*exec.Cmd
	for n := range several {
		verb := []string{"11", "22"}
		path := c.manifestOf(t, fmt.Sprint("job", n), "move", verb[n%2], verb[1-n%2])
		all = append(all, c.command(t, "run", path, "--yes", "--batch-size", "1", "--workers", "2"))
	}
	codes := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, command := range all {
		wg.Go(func() {
			_ = command.Run()
			mu.Lock()
			defer mu.Unlock()
			codes[command.ProcessState.ExitCode()]++
		})
	}
	wg.Wait()
	if codes[exitDone] != 1 || codes[exitGuard] != several-1 {
		t.Errorf("got exit codes and their numbers %v, want one of %d and %d of %d", codes, exitDone, several-1, exitGuard)
	}
	if left := len(c.server.Images("11")) + len(c.server.Images("22")); left != contested {
		t.Errorf("%d images are left of %d", left, contested)
	}
}

// Jobs that have nothing to contradict each other in run side by side: of other images,
// of another server, and what deletes nothing.
func TestJobsSideBySide(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{})
	c.start(t, "first", "move", "11", "33")
	c.passes(t, "run", c.manifestOf(t, "second", "move", "22", "33"), "--yes")
	c.passes(t, "run", c.manifestOf(t, "third", "copy", "11", "22"), "--yes", "--sandbox")
	other := newContest(t, sandbox.Options{})
	other.state = c.state
	other.passes(t, "run", other.manifestOf(t, "elsewhere", "delete", "11", ""), "--yes")
	if n := c.registered(t); n != 1 {
		t.Errorf("%d jobs are registered, want the unfinished one", n)
	}
}

// A state folder that cannot be written to is told of once and stops nothing; nothing
// is made there by what starts no job, nor by the embedded sandbox.
func TestStateFolder(t *testing.T) {
	t.Parallel()
	c := newContest(t, sandbox.Options{})
	manifest := c.manifestOf(t, "job", "delete", "11", "")
	c.passes(t, "plan", manifest)
	c.passes(t, "run", manifest, "--yes", "--dry-run")
	c.passes(t, "run", manifest, "--yes", "--sandbox", "--job", filepath.Join(c.dir, "rehearsal"))
	if _, err := os.Lstat(c.state); err == nil {
		t.Error("the state folder was made though no job was to be registered")
	}
	writeFile(t, c.state, "")
	stderr := c.passes(t, "run", manifest, "--yes")
	if strings.Count(stderr, c.state) != 2 || strings.Count(stderr, "adferry: ") != 1 || !strings.Contains(stderr, "ADFERRY_STATE_DIR") {
		t.Errorf("want one warning that names the folder and what to do:\n%s", stderr)
	}
}
