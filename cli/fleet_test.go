//go:build unix

package cli

import (
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/jobs/campaign"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
)

var (
	fleetRows  = flag.Int("fleet.rows", 0, "rows of TestFleet's job, in 30 lanes; 0: a small job in 14")
	fleetKills = flag.Int("fleet.kills", 20, "how many workers TestFleet kills at most")
	fleetStops = flag.Int("fleet.stops", 10, "how many workers TestFleet stops, and lets go on, at most")
	fleetDowns = flag.Int("fleet.downs", 2, "how often TestFleet kills PostgreSQL at most")
)

// machines are workers of a database, processes of their own.
type machines struct {
	*databaseTrial
	workers []*exec.Cmd
	logs    []func() string
}

func newFleet(t *testing.T, r *databaseTrial, n int) *machines {
	t.Helper()
	f := &machines{databaseTrial: r}
	for range n {
		f.start(t)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for i, log := range f.logs {
			t.Logf("worker %d:\n%.6000s", i+1, log())
		}
	})
	return f
}

// start starts a worker.
func (f *machines) start(t *testing.T) {
	t.Helper()
	f.run(t, f.command(t, "worker", "--batch-size", "3", "--retry-base", "5ms"))
}

// run starts a worker as a command says. log is what it has written.
func (f *machines) run(t *testing.T, c *exec.Cmd) (log func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c.Stdout, c.Stderr = file, file
	start(t, c)
	log = func() string {
		text, _ := os.ReadFile(path)
		return string(text)
	}
	f.workers, f.logs = append(f.workers, c), append(f.logs, log)
	return log
}

// take takes a random worker out of the fleet.
func (f *machines) take() *exec.Cmd {
	i := rand.IntN(len(f.workers))
	c := f.workers[i]
	f.workers = append(f.workers[:i], f.workers[i+1:]...)
	return c
}

// left is how many operations of the job are not settled.
func (f *machines) left(t *testing.T) int {
	t.Helper()
	s, err := f.summary(t)
	if err != nil {
		return -1 // the database is away
	}
	return s.Totals.Pending
}

func (f *machines) summary(t *testing.T) (s jobs.Summary, err error) {
	t.Helper()
	d, err := postgres.New(strings.TrimPrefix(f.env, databaseVariable+"="))
	if err != nil {
		t.Fatal(err)
	}
	job, err := d.View(t.Context(), "autumn")
	if err != nil {
		return s, err
	}
	defer job.Close()
	return job.Summary(t.Context())
}

// end waits until the job is finished, has the workers leave, and writes the job's reports.
func (f *machines) end(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Minute)
	for s, err := f.summary(t); err != nil || s.State != jobs.JobFinished || s.ExitCode == nil; s, err = f.summary(t) {
		if time.Now().After(deadline) {
			t.Fatalf("the job does not come to its end: %+v, %v", s.Totals, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	f.leave(t)
	if code, out, stderr := ran(t, f.command(t, "report", "--job", "autumn", "--output", f.job)); code != exitDone && code != exitFailures {
		t.Fatalf("report: got exit code %d\n%s%s", code, out, stderr)
	}
}

// leave has the workers leave.
func (f *machines) leave(t *testing.T) {
	t.Helper()
	for _, c := range f.workers {
		_ = c.Process.Signal(syscall.SIGTERM)
	}
	for _, c := range f.workers {
		if err := c.Wait(); err != nil {
			t.Errorf("a worker that was to leave: %v", err)
		}
	}
}

// A job that three workers carry out ends as one of a single process does, although workers are
// killed and replaced, stopped for longer than their lease and let go on, and PostgreSQL is
// killed: no write is repeated, and no image is deleted before its copy is there. A worker that is
// killed costs minutes, until its lease is over and its requests can no longer be under way, so with
// the smallest budget nothing happens to any.
func TestFleet(t *testing.T) {
	t.Parallel()
	const leastBudget = 10 * time.Second
	trouble := campaign.Start(t, campaign.Fleets)
	calm := trouble.Budget() > 0 && trouble.Budget() < leastBudget
	r, want := newTrial(t, smallRows, fast), undisturbed
	if *fleetRows > 0 {
		wide := func() *trial { return newTrialOf(t, t.TempDir(), *fleetRows, 15, 13, fast) } // with the two that are refused
		alone := endingAlone(t, wide())
		r, want = wide(), func(*testing.T) ending { return alone }
	}
	f := newFleet(t, inDatabase(t, pgtest.Start(t), r), 3)
	kills, stops, downs := 0, 0, 0
	for !calm && f.left(t) != 0 && trouble.Next() {
		arrived := make(chan struct{})
		f.onRequest(5+rand.IntN(max(40, *fleetRows/50)), func() { close(arrived) })
		select {
		case <-arrived:
		case <-time.After(2 * time.Minute): // there are not as many any more, or they wait
			continue
		}
		switch {
		case kills < *fleetKills && (kills <= 2*stops || stops >= *fleetStops):
			kills++
			c := f.take()
			_ = c.Process.Kill()
			_ = c.Wait()
			f.start(t)
		case stops < *fleetStops:
			stops++
			c := f.workers[rand.IntN(len(f.workers))]
			_ = c.Process.Signal(syscall.SIGSTOP)
			time.AfterFunc(time.Duration(rand.IntN(60))*time.Second, func() { _ = c.Process.Signal(syscall.SIGCONT) })
		case downs < *fleetDowns:
			downs++
			f.server.Kill(t)
			f.server.Start(t)
		}
	}
	t.Logf("%d workers were killed, %d stopped, PostgreSQL was killed %d times", kills, stops, downs)
	f.onRequest(0, nil)
	f.end(t)
	if diff := cmp.Diff(want(t), endingOf(t, f.trial, f.job)); diff != "" {
		t.Errorf("it ended otherwise than a run alone (-alone +got):\n%.3000s", diff)
	}
	checkEffects(t, f.trial)
}
